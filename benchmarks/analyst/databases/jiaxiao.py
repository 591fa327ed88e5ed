"""A driving school in Chinese: Chinese names, 是/否 flags, minutes, dates as text."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from random import Random

from .clock import day, moment
from .people import chinese_names
from .rows import insert

DDL = """
CREATE TABLE 教练 (教练编号 INTEGER PRIMARY KEY, 姓名 TEXT, 性别 TEXT, 入职日期 DATE, 离职日期 DATE,
  车牌号 TEXT, 底薪 INTEGER);
CREATE TABLE 学员 (
  学员编号 INTEGER PRIMARY KEY, 姓名 TEXT, 性别 TEXT, 出生日期 DATE, 手机号 TEXT, 报名日期 DATE, 报考车型 TEXT,
  教练编号 INTEGER REFERENCES 教练(教练编号), 介绍人编号 INTEGER REFERENCES 学员(学员编号), 是否退学 TEXT);
CREATE TABLE 练车预约 (
  预约编号 INTEGER PRIMARY KEY, 学员编号 INTEGER REFERENCES 学员(学员编号),
  教练编号 INTEGER REFERENCES 教练(教练编号),
  开始时间 DATETIME, 时长分钟 INTEGER, 状态 TEXT);
CREATE TABLE 考试记录 (
  记录编号 INTEGER PRIMARY KEY, 学员编号 INTEGER REFERENCES 学员(学员编号), 科目 TEXT, 考试日期 DATE,
  分数 INTEGER, 是否合格 TEXT);
CREATE TABLE 缴费 (流水号 INTEGER PRIMARY KEY, 学员编号 INTEGER REFERENCES 学员(学员编号), 缴费日期 DATE,
  金额 NUMERIC, 支付方式 TEXT);
"""
FIRST, LAST = date(2023, 1, 3), date(2024, 4, 28)
SUBJECTS = ["科目一", "科目二", "科目三", "科目四"]


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """11 instructors, 90 students, 480 lessons, some 200 exams and 150 payments."""
    people = chinese_names(random, 101)
    for number, name in enumerate(people[:11], 1):
        joined = day(random, date(2015, 1, 1), date(2022, 12, 1)).isoformat()
        row = (
            number,
            name,
            random.choice("男男女"),
            joined,
            "2023-12-31" if number == 8 else None,
            f"浙A{1000 + number}学",
            100 * random.randrange(40, 70),
        )
        insert(connection, "教练", row)
    enrolled = {}
    for number, name in enumerate(people[11:], 1):
        enrolled[number] = day(random, FIRST, date(2024, 3, 20))
        born = day(random, date(1975, 1, 1), date(2005, 12, 31)).isoformat()
        phone = None if random.random() < 0.1 else f"1390000{number:04}"
        sponsor = random.randrange(1, number) if number > 8 and random.random() < 0.3 else None
        row = (
            number,
            name,
            random.choice("男女"),
            born,
            phone,
            enrolled[number].isoformat(),
            random.choice(["C1", "C1", "C2", "B2"]),
        )
        rest = (random.randrange(1, 10), sponsor, "是" if random.random() < 0.08 else "否")
        insert(connection, "学员", (*row, *rest))
    for number in range(1, 481):
        student = random.randrange(1, 83)
        at = moment(random, enrolled[student], LAST, (8, 18)).strftime("%Y-%m-%d %H:00:00")
        state = random.choices(["已完成", "已取消", "爽约"], [80, 13, 7])[0]
        row = (number, student, random.randrange(1, 10), at, random.choice([60, 90, 120]), state)
        insert(connection, "练车预约", row)
    for student, start in enrolled.items():
        _exams_and_payments(connection, random, student, start)


def _exams_and_payments(connection: sqlite3.Connection, random: Random, student: int, start: date) -> None:
    at = start
    for subject in SUBJECTS[: random.randrange(5)]:
        while (at := at + timedelta(days=random.randrange(15, 60))) <= LAST:
            score = random.randrange(60, 101)
            passed = score >= (80 if subject == "科目二" else 90)
            row = (None, student, subject, at.isoformat(), score, "是" if passed else "否")
            insert(connection, "考试记录", row)
            if passed or random.random() < 0.4:
                break
    for part in range(random.randrange(3)):
        paid = (start + timedelta(days=30 * part)).isoformat()
        row = (
            None,
            student,
            paid,
            random.choice([1500, 2000, 2680, 3980]),
            random.choice(["微信", "支付宝", "现金", "微信"]),
        )
        insert(connection, "缴费", row)
