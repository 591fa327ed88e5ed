"""A travel agency: prefixed English names explained in Chinese comments, status codes, fen as the unit of money."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from random import Random

from .clock import day, moment, text
from .people import chinese_names
from .rows import insert

DDL = """
CREATE TABLE t_route ( -- 旅游线路
  route_id INTEGER PRIMARY KEY, -- 线路编号
  route_name TEXT, -- 线路名称
  dest_type INTEGER, -- 目的地类型：1 国内，2 出境，3 周边
  days INTEGER, -- 行程天数
  list_price INTEGER, -- 标价（分）
  is_online CHAR(1) -- 是否上架：Y 上架，N 下架
);
CREATE TABLE t_guide ( -- 导游
  guide_id INTEGER PRIMARY KEY, -- 导游编号
  guide_name TEXT, -- 导游姓名
  lang TEXT, -- 语种
  hire_date DATE, -- 入职日期
  leave_date DATE -- 离职日期
);
CREATE TABLE t_departure ( -- 团期
  dep_id INTEGER PRIMARY KEY, -- 团期编号
  route_id INTEGER REFERENCES t_route(route_id), -- 线路编号
  guide_id INTEGER REFERENCES t_guide(guide_id), -- 导游编号
  dep_date DATE, -- 出发日期
  ret_date DATE, -- 返程日期
  max_pax INTEGER, -- 最大人数
  status INTEGER -- 状态：0 收客中，1 已成团，2 已取消，3 已结束
);
CREATE TABLE t_signup ( -- 报名单
  signup_no TEXT PRIMARY KEY, -- 报名单号
  dep_id INTEGER REFERENCES t_departure(dep_id), -- 团期编号
  contact TEXT, -- 联系人
  mobile TEXT, -- 手机号
  source TEXT, -- 来源渠道
  adults INTEGER, -- 成人数
  children INTEGER, -- 儿童数
  amount INTEGER, -- 应收金额（分）
  paid_time DATETIME, -- 付款时间，未付为空
  create_time DATETIME, -- 报名时间
  score INTEGER -- 满意度评分 1-5
);
"""
ROUTES = [
    ("云南大理丽江", 1, 6, 328000),
    ("海南三亚", 1, 5, 289000),
    ("新疆伊犁", 1, 8, 568000),
    ("日本关西", 2, 6, 698000),
    ("泰国普吉", 2, 6, 458000),
    ("莫干山周末", 3, 2, 69900),
    ("千岛湖骑行", 3, 2, 59900),
    ("西藏拉萨", 1, 9, 799000),
    ("冰岛极光", 2, 9, 2180000),
    ("乌镇一日", 3, 1, 26800),
]
FIRST, LAST = date(2023, 1, 5), date(2024, 4, 30)


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """10 routes, 12 guides, 120 departures, 600 bookings."""
    people = chinese_names(random, 212)
    for number, route in enumerate(ROUTES, 1):
        insert(connection, "t_route", (number, *route, "N" if number in (7, 9) else "Y"))
    for number in range(1, 13):
        hired = day(random, date(2014, 1, 1), date(2022, 12, 31)).isoformat()
        row = (
            number,
            people[number - 1],
            random.choice(["中文", "中文", "英语", "日语"]),
            hired,
            "2023-10-31" if number == 6 else None,
        )
        insert(connection, "t_guide", row)
    leaves = {}
    for number in range(1, 121):
        route = random.randrange(1, 9)
        leaves[number] = (day(random, FIRST, LAST), ROUTES[route - 1][3])
        start, back = leaves[number][0], leaves[number][0] + timedelta(days=ROUTES[route - 1][2] - 1)
        state = 0 if start > date(2024, 4, 1) else random.choices([3, 2], [9, 1])[0]
        row = (
            number,
            route,
            random.randrange(1, 11),
            start.isoformat(),
            back.isoformat(),
            random.choice([12, 16, 20, 30]),
            state,
        )
        insert(connection, "t_departure", row)
    _signups(connection, random, people, leaves)


def _signups(
    connection: sqlite3.Connection, random: Random, people: list[str], leaves: dict[int, tuple[date, int]]
) -> None:
    for number in range(1, 601):
        departure = random.randrange(1, 117)
        start, price = leaves[departure]
        made = moment(random, start - timedelta(days=60), start - timedelta(days=1), (8, 23))
        adults, children = random.choice([1, 2, 2, 3, 4]), random.choice([0, 0, 1, 2])
        amount = round((adults + 0.6 * children) * price * random.choice([1, 1, 0.95]))
        paid = None if random.random() < 0.09 else text(made + timedelta(hours=random.randrange(1, 24)))
        mobile = "" if random.random() < 0.06 else f"1370000{number:04}"
        row = (
            f"BM{number:05}",
            departure,
            random.choice(people[12:]),
            mobile,
            random.choice(["门店", "小程序", "小程序", "OTA", "老客推荐"]),
            adults,
            children,
        )
        score = random.randrange(2, 6) if paid and random.random() < 0.5 else None
        insert(connection, "t_signup", (*row, amount, paid, text(made), score))
