"""Encodings that a text does not say are told by the letters of its script."""

import pytest

from rag.text.encodings import likely_encodings
from rag.text.normalise import decode

FERRIES = {
    "Russian": "Совет Линдау заказал семь паромов. Первый выйдет в море в мае, сказала мэр Хольм.",
    "Greek": "Το δημοτικό συμβούλιο παρήγγειλε επτά πλοία. Το πρώτο θα αποπλεύσει τον Μάιο, είπε η δήμαρχος.",
    "Chinese": "市议会订购了七艘电动渡轮。市长说第一艘将于2021年5月启航。合同价值四千万欧元。",
    "Japanese": "市議会は電動フェリーを七隻発注した。市長によると、最初の船は2021年5月に出航する。",
    "Korean": "시의회는 전기 여객선 일곱 척을 주문했다. 시장은 첫 배가 2021년 5월에 출항할 것이라고 말했다.",
    "Arabic": "طلب مجلس المدينة سبع عبارات كهربائية. وقالت رئيسة البلدية إن الأولى ستبحر في مايو 2021.",
    "Thai": "สภาเมืองสั่งซื้อเรือเฟอร์รี่ไฟฟ้าเจ็ดลำ นายกเทศมนตรีกล่าวว่าลำแรกจะออกเดินเรือในเดือนพฤษภาคม",
    "Hebrew": "מועצת העיר הזמינה שבע מעבורות חשמליות. ראש העיר אמרה שהראשונה תפליג במאי 2021.",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("Russian", "cp1251"),
        ("Russian", "koi8-r"),
        ("Russian", "iso8859-5"),
        ("Russian", "cp866"),
        ("Greek", "cp1253"),
        ("Chinese", "gb18030"),
        ("Japanese", "cp932"),
        ("Japanese", "euc_jp"),
        ("Korean", "cp949"),
        ("Arabic", "cp1256"),
        ("Thai", "cp874"),
        ("Hebrew", "cp1255"),
    ],
)
def test_another_script_is_told_by_its_bytes(language, encoding):
    text = FERRIES[language]
    assert decode(text.encode(encoding)) == text
    assert decode(f"{text}\n".encode(encoding) * 3000) == f"{text}\n" * 3000


TRADITIONAL = "市議會訂購了七艘電動渡輪。市長說第一艘將於2021年5月啟航。合同價值四千萬歐元。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FERRIES["Chinese"], "gbk"),
        (TRADITIONAL, "big5"),
        (FERRIES["Japanese"], "shift_jis"),
        (FERRIES["Japanese"], "euc_jp"),
        (FERRIES["Korean"], "euc-kr"),
    ],
)
@pytest.mark.parametrize("ascii_too", [True, False])
def test_a_large_file_is_told_whatever_byte_its_sample_ends_at(text, encoding, ascii_too):
    if not ascii_too:
        text = "".join(one for one in text if not one.isascii())
    whole = text * (300_000 // len(text.encode(encoding)))
    for lead in ("", "A", "AB"):
        assert decode((lead + whole).encode(encoding)) == lead + whole


def test_latin_letters_are_not_guessed_at():
    text = (
        "« Cet été, la mairie a enfin décidé », a dit Mme Chauvel. “Größe” – zehn Übergänge mehr. "
        * 9
    )
    assert likely_encodings(text.encode("cp1252")) == []
    assert decode(text.encode("cp1252")) == text
    # Too few letters to tell a script by.
    assert likely_encodings("ÄÖÜ: ÉÈÊ".encode("cp1252")) == []
