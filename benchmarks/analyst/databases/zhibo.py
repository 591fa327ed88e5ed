"""Live-stream selling in Chinese: Chinese names, 分 as the unit of money, times as text, no declared keys."""

from __future__ import annotations

import sqlite3
from datetime import date
from random import Random

from .clock import later, moment, text
from .people import chinese_names
from .rows import insert

DDL = """
CREATE TABLE 主播 (主播ID INTEGER, 昵称 TEXT, 平台 TEXT, 粉丝数 INTEGER, 签约日期 TEXT, 解约日期 TEXT, 经纪人 TEXT);
CREATE TABLE 直播场次 (场次ID INTEGER, 主播ID INTEGER, 开播时间 TEXT, 下播时间 TEXT, 观看人数 INTEGER,
  是否带货 INTEGER);
CREATE TABLE 商品 (商品ID INTEGER, 商品名称 TEXT, 类目 TEXT, 单价_分 INTEGER, 成本_分 INTEGER, 库存 INTEGER,
  是否下架 INTEGER);
CREATE TABLE 成交订单 (
  订单号 TEXT, 场次ID INTEGER, 商品ID INTEGER, 数量 INTEGER, 实付金额_分 INTEGER, 下单时间 TEXT, 发货时间 TEXT,
  订单状态 TEXT, 省份 TEXT);
"""
STREAMERS = [
    "小鹿姐姐",
    "老王严选",
    "阿May好物",
    "大胃丁丁",
    "书香阿远",
    "美妆喵喵",
    "农家二哥",
    "数码老K",
    "晨跑达人",
    "新人试播",
]
GOODS = [
    ("手工米粉", "食品", 1990, 900),
    ("冻干草莓", "食品", 2990, 1500),
    ("桂花酒酿", "食品", 2580, 1200),
    ("补水面膜", "美妆", 8900, 2500),
    ("哑光口红", "美妆", 12900, 3000),
    ("卸妆油", "美妆", 9900, 3600),
    ("蓝牙耳机", "数码", 19900, 11000),
    ("充电宝", "数码", 9900, 5200),
    ("机械键盘", "数码", 29900, 18000),
    ("跑步鞋", "运动", 35900, 16000),
    ("瑜伽垫", "运动", 6900, 2800),
    ("儿童绘本", "图书", 4500, 2100),
    ("历史小说集", "图书", 8800, 4600),
    ("电热水壶", "家电", 15900, 9000),
]
PROVINCES = ["广东", "浙江", "江苏", "四川", "北京", "河南", "云南"]
FIRST, LAST = date(2023, 9, 1), date(2024, 3, 31)


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """10 streamers, 14 products, 130 streams, 900 orders."""
    agents = chinese_names(random, 3)
    for number, nickname in enumerate(STREAMERS, 1):
        signed = moment(random, date(2021, 1, 1), date(2023, 8, 1)).strftime("%Y-%m-%d")
        ended = "2024-02-29" if number == 8 else ""
        row = (
            number,
            nickname,
            random.choice(["抖音", "快手", "视频号"]),
            random.randrange(3, 900) * 1000,
            signed,
            ended,
            random.choice(agents),
        )
        insert(connection, "主播", row)
    for number, goods in enumerate(GOODS, 1):
        row = (number, *goods, random.choice([0, 12, 80, 150, 400]), int(number in (6, 13)))
        insert(connection, "商品", row)
    starts = {}
    for number in range(1, 131):
        starts[number] = moment(random, FIRST, LAST, (10, 22))
        end = later(starts[number], random.randrange(60, 300))
        row = (
            number,
            random.randrange(1, 10),
            text(starts[number]),
            text(end),
            random.randrange(200, 60000),
            int(random.random() < 0.85),
        )
        insert(connection, "直播场次", row)
    for number in range(1, 901):
        stream, goods, count = random.randrange(1, 125), random.randrange(1, 14), random.choice([1, 1, 1, 2, 3])
        at = later(starts[stream], random.randrange(5, 60))
        state = random.choices(["已完成", "已发货", "已退款", "待发货"], [70, 10, 14, 6])[0]
        shipped = later(at, random.randrange(200, 5000))
        unsent = state == "待发货" or (state == "已退款" and random.random() < 0.5) or shipped.date() > LAST
        sent, state = (None, "待发货" if state != "已退款" else state) if unsent else (text(shipped), state)
        paid = round(GOODS[goods - 1][2] * count * random.choice([1, 1, 0.9, 0.8]))
        row = (f"ZB{number:06}", stream, goods, count, paid, text(at), sent, state, random.choice(PROVINCES))
        insert(connection, "成交订单", row)
