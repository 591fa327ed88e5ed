"""Tenders in Chinese: pinyin initials as names, explained in comments; 1/0 in text."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from random import Random

from .clock import day
from .people import chinese_names
from .rows import insert

DDL = """
CREATE TABLE xm ( -- 招标项目
  xmbh TEXT PRIMARY KEY, -- 项目编号
  xmmc TEXT, -- 项目名称
  xmlx TEXT, -- 项目类型：GC 工程，HW 货物，FW 服务
  zbdw TEXT, -- 招标单位
  fbrq DATE, -- 发布日期
  kbrq DATE, -- 开标日期
  ysje NUMERIC, -- 预算金额（万元）
  zt INTEGER, -- 状态：0 公告中，1 已开标，2 已定标，9 流标
  fzr TEXT -- 负责人
);
CREATE TABLE tbdw ( -- 投标单位
  dwbh INTEGER PRIMARY KEY, -- 单位编号
  dwmc TEXT, -- 单位名称
  szcs TEXT, -- 所在城市
  lxr TEXT, -- 联系人
  lxdh TEXT, -- 联系电话
  zczb NUMERIC, -- 注册资本（万元）
  sfhmd CHAR(1) -- 是否黑名单：1 是，0 否
);
CREATE TABLE tbjl ( -- 投标记录
  jlbh INTEGER PRIMARY KEY, -- 记录编号
  xmbh TEXT REFERENCES xm(xmbh), -- 项目编号
  dwbh INTEGER REFERENCES tbdw(dwbh), -- 单位编号
  tbje NUMERIC, -- 投标金额（万元）
  pf NUMERIC, -- 评分
  sfzb CHAR(1), -- 是否中标：1 是，0 否
  bzjtk DATE -- 保证金退款日期
);
"""
WORKS = {
    "GC": ["道路改造", "校舍扩建", "河道整治", "管网更新"],
    "HW": ["办公设备采购", "救护车采购", "实验仪器采购"],
    "FW": ["物业服务", "信息系统运维", "审计服务"],
}
OWNERS = ["市交通局", "市教育局", "第一医院", "水务集团", "高新区管委会"]
BIDDERS = [
    "宏达建设",
    "中远工程",
    "金桥科技",
    "博瑞仪器",
    "蓝天物业",
    "华信审计",
    "东方路桥",
    "启明软件",
    "安康医疗器械",
    "绿源环境",
    "天成商贸",
    "鼎新建筑",
]
CITIES = ["杭州", "宁波", "南京", "合肥", "上海"]


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """64 tenders, 12 bidders, some 200 bids."""
    people = chinese_names(random, 17)
    for number, name in enumerate(BIDDERS, 1):
        phone = "" if number in (4, 9) else f"0571-88{number:02}66{number:02}"
        row = (
            number,
            name + "有限公司",
            random.choice(CITIES),
            people[number],
            phone,
            100 * random.randrange(2, 90),
            "1" if number in (5, 11) else "0",
        )
        insert(connection, "tbdw", row)
    for number in range(1, 65):
        _tender(connection, random, f"ZB2{number:04}", people[12:])


def _tender(connection: sqlite3.Connection, random: Random, code: str, managers: list[str]) -> None:
    kind = random.choice(list(WORKS))
    owner = random.choice(OWNERS)
    published = day(random, date(2022, 2, 1), date(2023, 12, 10))
    opened = published + timedelta(days=random.randrange(20, 45))
    state = random.choices([0, 1, 2, 9], [2, 1, 6, 1])[0]
    budget = 5 * random.randrange(4, 400)
    row = (
        code,
        owner + random.choice(WORKS[kind]) + "项目",
        kind,
        owner,
        published.isoformat(),
        None if state == 0 else opened.isoformat(),
    )
    insert(connection, "xm", (*row, budget, state, random.choice(managers)))
    if state == 0:
        return
    bids = [
        (firm, round(budget * random.uniform(0.8, 1.05), 1), round(random.uniform(60, 98), 1))
        for firm in random.sample(range(1, 12), random.randrange(2, 7))
    ]
    best = max(bids, key=lambda bid: bid[2])
    for firm, amount, score in bids:
        won = state == 2 and firm == best[0]
        refund = None if random.random() < 0.2 else (opened + timedelta(days=random.randrange(5, 30))).isoformat()
        row = (None, code, firm, amount, score, "1" if won else "0", refund)
        insert(connection, "tbjl", row)
