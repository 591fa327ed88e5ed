"""Daily air quality in Chinese, one wide table: dates as text, NULL where a sensor failed, '' for no main pollutant."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from random import Random

from .rows import insert

DDL = """
CREATE TABLE 空气质量日报 (
  日期 TEXT, 城市 TEXT, 站点 TEXT, 站点类型 TEXT, AQI INTEGER, 质量等级 TEXT, 首要污染物 TEXT, "PM2.5" REAL,
  PM10 REAL, 二氧化硫 REAL,
  二氧化氮 REAL, 一氧化碳 REAL, 臭氧 REAL, 最高气温 REAL, 最低气温 REAL, 平均湿度 REAL, 风速 REAL,
  降水量 REAL, 是否达标 TEXT, 是否人工补录 INTEGER, 备注 TEXT);
"""
SITES = [
    ("石家庄", "人民会堂", "国控"),
    ("石家庄", "西北水源", "国控"),
    ("成都", "金泉两河", "国控"),
    ("成都", "沙河铺", "省控"),
    ("昆明", "呈贡新区", "国控"),
    ("哈尔滨", "香坊学府", "省控"),
]
LEVELS = [(50, "优"), (100, "良"), (150, "轻度污染"), (200, "中度污染"), (300, "重度污染"), (999, "严重污染")]
BASE = {"石家庄": 95, "成都": 75, "昆明": 42, "哈尔滨": 70}


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """Every third day from 2023-01-01 to 2024-02-28 at six sites: 852 rows."""
    at = date(2023, 1, 1)
    while at <= date(2024, 2, 28):
        for city, site, kind in SITES:
            winter = 1.35 if at.month in (11, 12, 1, 2) else 0.85
            aqi = max(12, round(BASE[city] * winter * random.uniform(0.4, 1.9)))
            level = next(name for limit, name in LEVELS if aqi <= limit)
            fine = None if random.random() < 0.04 else round(aqi * random.uniform(0.5, 0.8), 1)
            main = "" if aqi <= 50 else "O3" if at.month in (6, 7, 8) else random.choice(["PM2.5", "PM2.5", "PM10"])
            high = round(28 - 2.6 * abs(at.month - 7) - (12 if city == "哈尔滨" else 0) + random.uniform(-4, 4), 1)
            gases = (
                round(random.uniform(3, 30), 1),
                round(random.uniform(10, 70), 1),
                round(random.uniform(0.3, 1.9), 2),
                round(random.uniform(20, 190), 1),
            )
            weather = (
                high,
                round(high - random.uniform(5, 12), 1),
                round(random.uniform(25, 92), 0),
                round(random.uniform(0.4, 6), 1),
            )
            rain = round(random.uniform(0.2, 40), 1) if random.random() < 0.25 else 0.0
            row = (
                at.isoformat(),
                city,
                site,
                kind,
                aqi,
                level,
                main,
                fine,
                round(aqi * random.uniform(0.8, 1.3), 1),
                *gases,
                *weather,
                rain,
            )
            rest = ("是" if aqi <= 100 else "否", int(random.random() < 0.06), "设备检修" if fine is None else None)
            insert(connection, "空气质量日报", (*row, *rest))
        at += timedelta(days=3)
