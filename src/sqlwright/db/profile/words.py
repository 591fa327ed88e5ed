"""Words in the names of columns that tell what a column holds, in English, Chinese, French, German and Spanish."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from ...core import Column
from ...core.fold import identifier_words, singular

_CJK = re.compile(r"[\u3400-\u9fff]")
MAX_COMMENT_WORDS = 6  # a longer comment is prose and says many things
MAX_COMMENT_CJK = 12


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


ID = _set(
    """
    id ids uuid guid pk oid rowid key num no nr number code ref fk uid gid 编号 编码 代码 号码 标识 序号 号
    """
)
KEY = _set("id ids uuid guid pk oid rowid uid")
NAME = _set(
    """
    name names title label caption fullname firstname lastname fname lname mname surname forename nickname
    username login displayname middlename givenname familyname headline subject nom prenom titre libelle
    intitule bezeichnung vorname nachname familienname titel nombre apellido titulo 名称 姓名 名字 名 标题 题名
    昵称 用户名 名稱
    """
)
KINDS = _set(  # numbers of these are categories
    """status state type kind category class genre gender sex group role mode tier segment method channel
    statut etat categorie typ kategorie geschlecht 状态 类型 类别 分类 性别"""
)
RELATIVE = _set(
    """
    parent root next previous prev manager supervisor boss leader mentor predecessor successor 上级 父
    """
)
PERSON_NAME = _set(
    """
    firstname lastname fname lname mname surname forename fullname givenname familyname nom prenom vorname
    nachname apellido 姓名 名字
    """
)
MONEY = _set(
    """
    price cost amount revenue salary fee fees balance payment tax budget profit income wage wages turnover
    expense expenses charge charges freight rent earnings spend compensation subtotal grandtotal msrp tuition
    deposit refund debit surcharge premium bonus commission paid cash gross net royalty royalties loan money
    worth prix montant cout solde salaire frais revenu recette recettes paye loyer chiffre depense budgetaire
    preis betrag kosten umsatz gehalt gebuhr summe gewinn miete saldo lohn einkommen precio importe coste costo
    sueldo 价格 单价 金额 费用 工资 薪水 薪资 收入 成本 余额 总价 售价 租金 利润 营收 销售额 总额 税额 运费 奖金
    营业额 票房 市值 资本 资产 总值 预算 款
    """
)
MONEY_TOTAL = _set("total totals sum sales value due")  # money only where nothing says that something is counted
COUNTED = _set(
    """
    count number num no qty quantity points score goals medals votes rows visits seats hours days minutes
    seconds percent pct rate ratio id year years rank attendance size units items people times population date
    at on gold silver bronze wins losses draws age weeks months
    """
)
CENTS = _set("cent cents centime centimes pence")
MINOR = _set("minor")  # units of a currency: amount_minor, not the number of minor faults
DATE = _set(
    """
    date day datetime time timestamp ts at on when created updated modified deleted since until expires expiry
    expire birthday birthdate dob deadline started ended start end begin from to last first joined opened closed
    added visited sent received paid seen login due epoch datum tag zeit erstellt geandert geburtstag heure jour
    cree modifie naissance fecha hora 日期 时间 日 时刻 生日 时
    """
)
DATE_SURE = _set("date datetime timestamp at when dob birthday birthdate datum fecha 日期 时间 生日")
YEAR = _set(
    """
    year years yr annee an jahr ano 年 年份 年度 founded established built opened born inception launched
    """
)
NOT_DATE = _set(
    """
    id uuid hash number no phone code bytes size count amount price cents duration port zip isbn zone
    """
)
FLAG = _set(
    """
    is has was are can should allow allows enabled disabled active inactive deleted hidden visible verified flag
    default primary archived locked open closed paid public private valid required available featured subscribed
    completed done approved cancelled canceled blocked banned admin enable optional current confirmed published
    recurring read seen typed member vip actif active supprime valide ouvert ferme aktiv geloscht gultig
    gesperrt offen 是否 启用 有效 已 激活 删除 可用
    """
)
CATEGORY = _set(
    """
    status state type kind category class genre gender sex level stage tier segment grade group priority role
    mode country city region province continent district county nationality language currency department color
    colour size plan channel source medium method brand sector industry reason rating position league party
    religion race severity statut etat categorie genre ville pays region niveau typ kategorie stadt land
    geschlecht abteilung stufe tarif 状态 类型 类别 分类 性别 级别 等级 城市 国家 省份 地区 省 市 部门 渠道 来源
    语言 种类
    """
)
CODE = _set(
    """
    code sku isbn issn ean upc barcode zip zipcode postcode postal postalcode plz iban bic swift serial ref
    reference iso vin plate slug acronym abbreviation abbr iata icao fips no nr number num invoice matricule
    numero nummer kennzeichen 编号 编码 代码 号码 号 邮编 序号 单号
    """
)
MEASURE = _set(
    """
    count quantity qty num number amount age rank score points rating size total height weight width length
    depth duration capacity distance stock population votes attendance hits visits seats goals wins losses
    frequency speed quantite nombre menge anzahl alter 数量 数 年龄 次数 排名 库存 人数 分数 得分
    """
)
EMAIL = _set("email mail emailaddress mailaddress courriel 邮箱 邮件 电子邮箱 电子邮件")
PHONE = _set(
    """
    phone tel telephone mobile cell fax phonenumber cellphone telefon telefono handy portable 电话 手机 手机号
    传真 联系电话 电话号码 手机号码
    """
)
URL = _set("url uri link website homepage href site webpage webseite lien 网址 链接 网站")
TEXT = _set(
    """
    description comment comments note notes bio biography summary content body message text remark remarks
    details detail abstract review address addresses adresse story synopsis overview feedback memo about
    beschreibung bemerkung notiz commentaire remarque 描述 说明 备注 简介 内容 地址 评论 留言 详情
    """
)
JSON = _set("json metadata meta payload attributes properties settings config extra data")
TIME_SPAN = _set(
    """
    duration length time runtime delay wait elapsed latency response uptime downtime interval timeout age
    session playtime watch travel processing lead duree delai dauer laufzeit 时长 耗时 持续 延迟 等待
    """
)
WEIGHT = _set("weight mass poids masse gewicht load payload 重量 体重 净重 毛重")
DISTANCE = _set(
    """
    length height distance width depth elevation altitude radius size long tall range diameter hauteur longueur
    largeur hohe lange breite tiefe entfernung 长度 高度 距离 宽度 身高 海拔
    """
)


@lru_cache(maxsize=65536)
def says(words: tuple[str, ...], vocabulary: frozenset[str]) -> bool:
    """Whether any of `words`, in the singular or plural, is in `vocabulary`; a Chinese word also by its ending."""
    return any(_is(word, vocabulary) for word in words)


@lru_cache(maxsize=65536)
def ends(words: tuple[str, ...], vocabulary: frozenset[str]) -> bool:
    """Whether the last word that is not a number is in `vocabulary`."""
    letters = [word for word in words if not word.isdigit()]
    return bool(letters) and _is(letters[-1], vocabulary)


def _is(word: str, vocabulary: Collection[str]) -> bool:
    if word in vocabulary or singular(word) in vocabulary:
        return True
    if _CJK.search(word):
        return any(word.endswith(known) for known in vocabulary if _CJK.search(known))
    return False


_GLUED = (
    "name",
    "date",
    "price",
    "amount",
    "cost",
    "email",
    "phone",
    "number",
    "code",
    "time",
    "count",
    "status",
    "id",
)
_NOT_GLUED = _set(
    """
    candidate update discount account viscount overtime downtime uptime playtime android hybrid fluid covid
    david mandate validate consolidate surname rename nickname runtime lifetime airtime valid paid bid aid grid
    liquid rapid solid void avoid acid
    """
)


# Chinese has no spaces: 客户编号 is 客户 编号.
_CJK_ENDS = (
    "电话号码",
    "手机号码",
    "手机号",
    "编号",
    "编码",
    "代码",
    "号码",
    "标识",
    "序号",
    "名称",
    "姓名",
    "日期",
    "时间",
    "金额",
    "数量",
    "状态",
    "类型",
    "号",
)


_SPELLED_OUT = {"nm": "name", "nme": "name"}


@lru_cache(maxsize=65536)
def name_words(name: str) -> tuple[str, ...]:
    """The folded words of a column's name; `orderdate` and 客户编号, written as one word, are two."""
    words: list[str] = []
    for word in identifier_words(name):
        if _CJK.search(word):
            end = next((e for e in _CJK_ENDS if len(word) > len(e) and word.endswith(e)), "")
            words += [word[: -len(end)], end] if end else [word]
            continue
        tail = next((t for t in _GLUED if len(word) > len(t) + 1 and word.endswith(t)), "")
        glued = tail and word not in _NOT_GLUED and not (tail == "id" and len(word) < 5)
        words += [word[: -len(tail)], tail] if glued else [_SPELLED_OUT.get(word, word)]
    return tuple(words)


def comment_words(column: Column) -> tuple[str, ...]:
    """The words of a short comment, up to the first bracket, colon or comma; () for a long one."""
    about = re.split(r"[,;:：，；。.(（\[=]", column.comment, maxsplit=1)[0].strip()
    words = identifier_words(about)
    return words if len(words) <= MAX_COMMENT_WORDS and len(_CJK.findall(about)) <= MAX_COMMENT_CJK else ()


def counts_things(words: tuple[str, ...]) -> bool:
    """`number of seats`, `num_visits`, `no_of_days`; but an order number is a code."""
    return (words[:1] in (("number",), ("num",), ("no",), ("nr",)) and len(words) > 1) or "of" in words


def is_chinese(word: str) -> bool:
    return bool(_CJK.search(word))
