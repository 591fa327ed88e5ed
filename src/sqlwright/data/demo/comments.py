"""What reviewers write: a few sentences for good, middling and bad in each language."""

from __future__ import annotations

from .seeded import Dice

# language -> (4 and 5 stars, 3 stars, 1 and 2 stars)
_SENTENCES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("Stayed dry through a week of rain.", "Light, strong, worth every penny.", "Would buy again."),
        ("Fine for the price, a little heavy.", "Good, but the zip sticks."),
        ("The zip broke on day two.", "Not waterproof at all.", "Too small, sent it back."),
    ),
    "de": (
        ("Absolut wasserdicht, klare Empfehlung.", "Leicht und robust.", "Jederzeit wieder."),
        ("In Ordnung, aber etwas schwer.", "Größe fällt klein aus."),
        ("Naht nach einer Tour gerissen.", "Leider nicht wasserdicht."),
    ),
    "fr": (
        ("Très léger, parfait en montagne.", "Étanche et solide.", "Je rachèterais sans hésiter."),
        ("Correct, un peu lourd.", "Taille petit."),
        ("La fermeture a cassé le deuxième jour.", "Pas étanche du tout."),
    ),
    "zh": (
        ("非常轻便，防水效果很好。", "质量很好，值得购买。", "带去川西徒步，很满意。"),
        ("还可以，就是有点重。", "尺码偏小。"),
        ("拉链第二天就坏了。", "完全不防水，很失望。"),
    ),
    "es": (
        ("Ligero y muy resistente.", "Aguantó una semana de lluvia.", "Lo compraría otra vez."),
        ("Está bien, aunque pesa un poco.", "Talla pequeña."),
        ("La cremallera se rompió enseguida.", "No es impermeable."),
    ),
    "pl": (
        ("Lekki i solidny, polecam.", "Sucho po tygodniu deszczu w Tatrach."),
        ("W porządku, trochę ciężki.",),
        ("Zamek zepsuł się drugiego dnia.", "Przemaka."),
    ),
    "ja": (
        ("軽くて丈夫です。", "雨の槍ヶ岳でも快適でした。"),
        ("値段相応です。",),
        ("すぐにファスナーが壊れました。",),
    ),
    "bg": (("Леко и здраво, препоръчвам.", "Издържа на дъжд в Пирин."), ("Добре, но е тежко.",), ("Ципът се счупи.",)),
    "el": (("Ελαφρύ και ανθεκτικό.", "Το συνιστώ."), ("Καλό, λίγο βαρύ.",), ("Δεν είναι αδιάβροχο.",)),
    "ar": (("خفيف ومتين، أنصح به.", "ممتاز في المطر."), ("جيد لكنه ثقيل قليلاً.",), ("انكسر السحّاب بسرعة.",)),
    "ko": (
        ("가볍고 튼튼해요.", "비 오는 설악산에서도 좋았어요."),
        ("괜찮지만 조금 무거워요.",),
        ("지퍼가 금방 고장났어요.",),
    ),
    "pt": (("Leve e resistente.", "Compraria de novo."), ("Bom, mas um pouco pesado.",), ("O zíper quebrou logo.",)),
    "no": (("Lett og solid.", "Holdt tett i en uke med regn."), ("Grei, men litt tung.",), ("Glidelåsen røk.",)),
    "hi": (("हल्का और मज़बूत।", "बारिश में भी सूखा रहा।"), ("ठीक है, थोड़ा भारी।",), ("ज़िप टूट गई।",)),
    "vi": (("Nhẹ và bền.", "Rất đáng tiền."), ("Tạm ổn, hơi nặng.",), ("Khóa kéo hỏng ngay.",)),
}


def comment(dice: Dice, stars: int, language: str) -> str:
    good, middling, bad = _SENTENCES[language]
    return dice.pick(good if stars > 3 else middling if stars == 3 else bad)
