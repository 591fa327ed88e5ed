"""A care home in Chinese: Chinese names, 是/否 flags, dates as text, '' and NULL for missing."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from random import Random

from .clock import day, moment
from .people import chinese_names
from .rows import insert

DDL = """
CREATE TABLE 房间 (房间号 TEXT PRIMARY KEY, 楼层 INTEGER, 房型 TEXT, 床位数 INTEGER, 月租 INTEGER, 有无电梯 TEXT);
CREATE TABLE 护理员 (工号 TEXT PRIMARY KEY, 姓名 TEXT, 等级 TEXT, 入职时间 TEXT,
  组长工号 TEXT REFERENCES 护理员(工号), 持证 TEXT);
CREATE TABLE 老人 (
  档案号 INTEGER PRIMARY KEY, 姓名 TEXT, 性别 TEXT, 出生日期 TEXT, 房间号 TEXT REFERENCES 房间(房间号), 入住日期 TEXT,
  退住日期 TEXT, 护理级别 TEXT, 是否失能 TEXT, 家属电话 TEXT, 责任护理员 TEXT REFERENCES 护理员(工号));
CREATE TABLE 护理记录 (
  记录ID INTEGER PRIMARY KEY, 档案号 INTEGER REFERENCES 老人(档案号), 工号 TEXT REFERENCES 护理员(工号), 项目 TEXT,
  护理时间 TEXT, 用时分钟 INTEGER, 异常 TEXT);
CREATE TABLE 月度账单 (
  账单ID INTEGER PRIMARY KEY, 档案号 INTEGER REFERENCES 老人(档案号), 账单月份 TEXT, 床位费 REAL, 护理费 REAL,
  餐费 REAL, 缴清日期 TEXT);
"""
FIRST, LAST = date(2023, 1, 1), date(2024, 6, 30)


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """18 rooms, 14 carers, 60 residents, 800 care records, some 300 bills."""
    people = chinese_names(random, 74)
    _rooms(connection, random)
    rooms = [row[0] for row in connection.execute("SELECT 房间号 FROM 房间 ORDER BY 房间号")]
    _carers(connection, random, people)
    stays = {}
    for number in range(1, 61):
        start = day(random, date(2021, 6, 1), date(2024, 5, 31))
        left = start + timedelta(days=random.randrange(40, 900)) if random.random() < 0.3 else None
        stays[number] = (max(start, FIRST), left if left and left <= LAST else None)
        born = day(random, date(1932, 1, 1), date(1956, 12, 31)).isoformat()
        phone = random.choice(["", None]) if random.random() < 0.12 else f"1380000{number:04}"
        row = (
            number,
            people[13 + number],
            random.choice("男女女"),
            born,
            random.choice(rooms[:16]),
            start.isoformat(),
            left.isoformat() if left and left <= LAST else "",
        )
        rest = (
            random.choice(["自理", "半自理", "全护理"]),
            random.choices("是否", [1, 3])[0],
            phone,
            f"H{random.randrange(1, 13):02}",
        )
        insert(connection, "老人", (*row, *rest))
    for number in range(1, 801):
        _care(connection, random, number, stays)
    for number, (start, left) in stays.items():
        _bills(connection, random, number, start, left or LAST)


def _care(
    connection: sqlite3.Connection, random: Random, number: int, stays: dict[int, tuple[date, date | None]]
) -> None:
    resident = random.randrange(1, 57)
    start, left = stays[resident]
    at = moment(random, min(start, left or LAST), left or LAST, (6, 22)).strftime("%Y-%m-%d %H:%M")
    item = random.choice(["洗浴", "喂餐", "翻身", "测血压", "康复训练"])
    row = (
        number,
        resident,
        f"H{random.randrange(1, 14):02}",
        item,
        at,
        random.randrange(5, 60),
        random.choices(["", "血压偏高", "拒绝配合"], [20, 2, 1])[0],
    )
    insert(connection, "护理记录", row)


def _bills(connection: sqlite3.Connection, random: Random, resident: int, start: date, end: date) -> None:
    month = start.replace(day=1)
    while month <= end:
        due = month + timedelta(days=random.randrange(1, 50))
        paid = due.isoformat() if due <= LAST and random.random() < 0.95 else None
        row = (
            None,
            resident,
            month.strftime("%Y-%m"),
            random.choice([2100.0, 3200.0, 4800.0]),
            random.choice([800.0, 1500.0, 2600.0]),
            30.0 * random.randrange(18, 31),
            paid,
        )
        if random.random() < 0.5:
            insert(connection, "月度账单", row)
        month = (month + timedelta(days=32)).replace(day=1)


def _rooms(connection: sqlite3.Connection, random: Random) -> None:
    for number in range(1, 19):
        kind = random.choice(["单人间", "双人间", "四人间"])
        beds = {"单人间": 1, "双人间": 2, "四人间": 4}[kind]
        row = (
            f"{1 + number // 7}0{1 + number % 7}",
            1 + number // 7,
            kind,
            beds,
            {1: 4800, 2: 3200, 4: 2100}[beds],
            random.choice(["有", "无"]),
        )
        insert(connection, "房间", row)


def _carers(connection: sqlite3.Connection, random: Random, people: list[str]) -> None:
    for number in range(1, 15):
        leader = None if number < 4 else f"H{random.randrange(1, 4):02}"
        row = (
            f"H{number:02}",
            people[number - 1],
            random.choice(["初级", "中级", "高级"]),
            day(random, date(2017, 1, 1), FIRST).isoformat(),
            leader,
            random.choice("是是否"),
        )
        insert(connection, "护理员", row)
