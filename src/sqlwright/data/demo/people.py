"""Invented people: given and family names, cities and languages of sixteen countries, in their own scripts."""

from __future__ import annotations

from dataclasses import dataclass

from .seeded import Dice


@dataclass(frozen=True, slots=True)
class Country:
    """`weight` is how many of a hundred customers live here; `family_first` joins without a space."""

    name: str
    language: str
    weight: int
    cities: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    family_first: bool = False

    def person(self, dice: Dice) -> str:
        given, family = dice.pick(self.given), dice.pick(self.family)
        return family + given if self.family_first else f"{given} {family}"


def _country(
    name: str, language: str, weight: int, cities: str, given: str, family: str, *, family_first: bool = False
) -> Country:
    listed = tuple(city.strip() for city in cities.split(","))
    return Country(name, language, weight, listed, tuple(given.split()), tuple(family.split()), family_first)


COUNTRIES: tuple[Country, ...] = (
    _country(
        "Germany",
        "de",
        16,
        "Berlin, München, Köln, Leipzig, Hamburg",
        "Jürgen Käthe Lena Felix Greta Moritz Jörg Annika Theo Ronja Emil Svenja",
        "Müller Weiß Schröder Köhler Vogt Brandt Jäger Lindner Groß Kühn Albers Thoma",
    ),
    _country(
        "France",
        "fr",
        12,
        "Lyon, Paris, Grenoble, Nîmes, Besançon",
        "Chloé François Inès Benoît Zoé Gaël Hélène Loïc Maëlle Rémi Anaïs Étienne",
        "Lefèvre Dupré Garnier Béranger Mercier Noël Chevalier Perrin Rousset Gérard Faure Maçon",
    ),
    _country(
        "China",
        "zh",
        14,
        "上海, 北京, 成都, 杭州, 昆明",
        "伟 芳 娜 敏 静 磊 洋 艳 晓明 建国 雨桐 子轩 思远 佳怡 文博 海燕",
        "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 马 林 何 郭",
        family_first=True,
    ),
    _country(
        "United Kingdom",
        "en",
        10,
        "London, Leeds, Edinburgh, Cardiff, Keswick",
        "Oliver Maisie Rhys Fiona Callum Isla Gareth Poppy Ewan Niamh Toby Freya",
        "Ashworth O'Neill Campbell Fletcher Hughes Barlow Sinclair Whitaker Pryce Lockwood Mac-Rae Thorne",
    ),
    _country(
        "Spain",
        "es",
        8,
        "Sevilla, Málaga, A Coruña, Jaén, Bilbao",
        "Íñigo Lucía Álvaro Begoña Sofía Andrés Núria Raúl Mencía Óscar Elena Tomás",
        "Núñez García Ibáñez Peña Romero Saldaña Cordón Vázquez Ordóñez Molina Rincón Prieto",
    ),
    _country(
        "Poland",
        "pl",
        7,
        "Kraków, Łódź, Zakopane, Gdańsk, Wrocław",
        "Łukasz Zofia Paweł Małgorzata Stanisław Agnieszka Michał Jagoda Bartłomiej Róża Kamil Hanna",
        "Wójcik Kowalczyk Dąbrowski Zięba Król Pawlak Woźniak Gołąb Mazur Sikora Żak Baran",
    ),
    _country(
        "Norway",
        "no",
        5,
        "Oslo, Tromsø, Bergen, Bodø",
        "Bjørn Ingrid Håkon Åse Sindre Solveig Øyvind Marte Eirik Tuva",
        "Bakke Ødegård Lie Sæther Moen Fjeld Nygård Strand Aasen Kvam",
    ),
    _country(
        "Brazil",
        "pt",
        5,
        "São Paulo, Brasília, Florianópolis, Belém",
        "João Conceição Thiago Letícia Márcio Antônia Caio Júlia Davi Luísa",
        "Araújo Gonçalves Brandão Falcão Teixeira Simões Prado Assunção Rocha Magalhães",
    ),
    _country(
        "Japan",
        "ja",
        5,
        "東京, 京都, 札幌, 松本",
        "花子 健太 さくら 大輔 美咲 翔 結衣 直樹 彩 一郎",
        "佐藤 高橋 渡辺 山本 小林 斎藤 森 清水 岡田 藤井",
        family_first=True,
    ),
    _country(
        "Bulgaria",
        "bg",
        4,
        "София, Пловдив, Банско, Варна",
        "Иван Мария Георги Елена Петър Деница Никола Радостина Стоян Цветана",
        "Димитров Колев Стоянов Илиев Петков Ангелов Тодоров Недев Марков Славов",
    ),
    _country(
        "Greece",
        "el",
        4,
        "Αθήνα, Θεσσαλονίκη, Ιωάννινα, Χανιά",
        "Γιώργος Ελένη Νίκος Κατερίνα Δημήτρης Σοφία Άρης Μυρτώ Πέτρος Δάφνη",
        "Παππάς Γεωργίου Νικολάου Ξένος Μαυρίδης Κόκκινος Δήμου Ραπτόπουλος Λιάκος Σταύρου",
    ),
    _country(
        "Egypt",
        "ar",
        3,
        "القاهرة, الإسكندرية, أسوان",
        "أحمد فاطمة محمود ليلى يوسف مريم خالد سلمى عمر نور",
        "حسن إبراهيم منصور السيد صالح فؤاد زكي رمضان شريف عثمان",
    ),
    _country(
        "South Korea",
        "ko",
        3,
        "서울, 부산, 속초",
        "민준 서연 지훈 하은 도윤 수아 예준 지우 현우 은지",
        "김 이 박 최 정 강 조 윤 장 임",
        family_first=True,
    ),
    _country(
        "India",
        "hi",
        2,
        "मुंबई, मनाली, देहरादून",
        "आरव दिया विवान अनन्या रोहन ईशा कबीर मीरा",
        "शर्मा वर्मा नेगी जोशी ठाकुर राणा पंत मेहता",
    ),
    _country(
        "Canada",
        "en",
        1,
        "Toronto, Montréal, Banff",
        "Zoë Mathieu Avery Noémie Logan Skye Owen Maude",
        "Tremblay Côté MacLeod Singh Beaulieu Nguyen Larsen Whitford",
    ),
    _country(
        "Vietnam",
        "vi",
        1,
        "Hà Nội, Đà Nẵng, Sa Pa",
        "Anh Bình Châu Dũng Hạnh Khoa Mai Thảo",
        "Nguyễn Trần Lê Phạm Huỳnh Võ Đặng Bùi",
    ),
)
BY_NAME = {country.name: country for country in COUNTRIES}
