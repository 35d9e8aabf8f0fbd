"""Print the pages in this folder to PDF with Chromium, and write what is true of each beside it.

``python -m tests.rag.ingest.documents.make`` in the repository's root; tests read what it made.
"""
# ruff: noqa: E501

from __future__ import annotations

import html
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).parent

FERRY = [
    "The ferry between Orvane and Halden will sail again from Monday, the harbour administration announced, after a winter in which rebuilding work on the western breakwater had kept the passage closed to all traffic but the pilot boats.",
    "“We are extraordinarily relieved,” said the harbourmaster, Ilse Brandvik, whose office had organised replacement transportation for some 1,400 commuters a day. “Nobody here had known an interruption of this length before.”",
    "The first boat leaves Orvane at 5.40 a.m. and reaches Halden 35 minutes later. Until the end of May there will be eleven sailings a day in each direction, four fewer than in the timetable of last year, because one of the three vessels is still in the shipyard at Quist.",
    "Repairs to the breakwater cost 6.2 million crowns, about a quarter more than the council had set aside. A commission of inquiry under the former auditor Torvald Eng found in its preliminary report that two contractors had underestimated the settlement of the foundations.",
    "Businesses on both shores have been counting their losses. The fish market at Halden sold 38 percent less than in the same months of the year before, according to its cooperative, and three inns on the Orvane waterfront did not reopen after the holidays.",
    "The council will decide on 9 April whether season tickets bought before the closure stay valid until the autumn. The vote-counting machines that failed at its last session have been replaced, a spokeswoman said, and the public gallery will be open.",
]
LIBRARY = [
    "For thirty-one years the reading room on Tollgate Street had the same smell of floor polish and wet coats. When it closed in the spring of last year, the borough promised that its forty thousand volumes would be back on open shelves within eighteen months.",
    "They are back, and the shelves are not where anyone remembers them. The architect, Wilhelmina Osei, has turned the building inside out: the stacks, once locked away in the cellar, stand behind glass along the street, and the readers sit in what used to be the loading yard.",
    "“People walked past this place for a generation without knowing what was in it,” she says. “Now the books are the façade.” Passers-by stop, she has noticed, and read the spines as if they were the headlines in a kiosk window.",
    "The reconstruction was not undisputed. A petition against felling the two chestnuts in the yard collected 2,300 signatures, and a citizens’ committee went to the administrative court, which found in the borough’s favour in an unusually quick decision. The trees were replanted in the neighbouring schoolyard, where one of them has survived.",
    "Inside, the most interesting room is the smallest. Between the children’s department and the newspaper archive lies a windowless chamber with seats for nine, in which nothing may be read at all: visitors listen to recordings of people from the neighbourhood reading aloud what they like best. A retired tram driver recites railway timetables; a pupil of eleven reads the instructions for a washing machine, with feeling.",
    "The director, Pascal Nyberg, had to be persuaded. He had planned the chamber as a store for microfilm. “I was told that nobody would come,” he says. In the first month 1,912 people did, which is more than the microfilm had seen in a decade.",
    "Opening hours are longer than before, from eight in the morning until nine at night on weekdays. The additional costs of 410,000 crowns a year are borne by the borough and, for the first five years, by a foundation whose founder learned to read in the old room and prefers not to be named.",
    "What becomes of the former branch at Mill Bridge is still unsettled. The borough would like to sell; the tenants of the flats above it have made an offer of their own, which the finance committee will discuss behind closed doors in the second week of June.",
]
WATER = [
    "Water meters in Lower Quist will be read by radio from next year. The waterworks intends to replace 8,700 meters by the end of March, district by district, beginning with the houses along the canal.",
    "Residents need not be at home for the exchange where the meter hangs in the stairwell. Everyone else receives a card with an appointment two weeks before, the works said, and may move it once without giving a reason.",
    "Data protection officers had objected to an earlier plan under which consumption would have been transmitted every quarter of an hour. The new devices send one reading a month, encrypted, and can be silenced on request.",
]
CHESS = [
    "Sixteen-year-old Amara Lindqvist is the youngest chess champion in the history of the Marrow Islands. In the last round she needed only a draw and won, after 61 moves, against the titleholder of four years, Benedikt Straub.",
    "She had learned the endgame that decided the match, a rook against two connected pawns, from her grandmother’s notebooks. “She would have found it sooner,” said the champion.",
    "Straub congratulated her before the clocks were stopped. He will represent the islands at the league finals in Tarn all the same, because the winner has examinations that week.",
]
PRESS = [
    "The Orvane Tidal Power Company has connected the second of its four turbines in Skerry Sound to the grid. Together the two supply up to 3.8 megawatts, enough for about 5,200 households.",
    "“The current in the sound is the most reliable worker we have ever employed,” said the managing director, Henrike Solano. “It never calls in sick, and it works nights.”",
    "What changes for customers",
    "Prices stay as they are until the end of the year.",
    "Households within two kilometres of the sound may apply for a discount of 12 percent.",
    "Shares in the company are offered to residents first, from 50 crowns.",
    "The third turbine is being assembled in Halden and will be lowered to the sea floor in September, when the spring tides are over. The company had originally announced it for the summer of this year; a bearing that did not pass inspection delayed the work by seven weeks.",
    "Fishers had feared for the herring that pass through the sound in February. Cameras on the first turbine counted 11 collisions in fourteen months, far fewer than the 400 that the permit allows. The recordings are open to anyone at the company’s office.",
    "About the company",
    "The Orvane Tidal Power Company was founded in 2011 by nine municipalities around the sound. It employs 64 people and made a profit of 1.1 million crowns last year.",
]
VIET = [
    "Hội đồng thị trấn Orvane hôm thứ Ba đã thông qua kế hoạch xây dựng lại cây cầu gỗ bắc qua kênh Quist, sau gần hai năm tranh luận về chi phí và tác động đến giao thông đường thủy.",
    "Theo kế hoạch, công trình sẽ bắt đầu vào tháng Chín và kéo dài mười bốn tháng. Kinh phí dự kiến là 4,7 triệu curon, trong đó một phần ba do các doanh nghiệp vận tải địa phương đóng góp.",
    "“Cây cầu cũ đã phục vụ chúng tôi gần một thế kỷ,” bà Ilse Brandvik, người phụ trách bến cảng, nói. “Nhưng không ai muốn đi qua nó khi trời có bão nữa.”",
    "Trong thời gian thi công, người dân có thể dùng phà miễn phí từ năm giờ sáng đến mười một giờ đêm. Học sinh của trường Tarn sẽ được đưa đón bằng hai chuyến xe buýt riêng.",
    "Một số hộ kinh doanh ven kênh lo ngại rằng lượng khách sẽ giảm trong mùa du lịch. Hội đồng hứa sẽ giảm thuế cho họ cho đến khi cây cầu mới được khánh thành.",
]
ARABIC = [
    "مجلس المدينة وافق على خطة الجسر الجديد في القناة القديمة بعد نقاش طويل. قالت رئيسة الميناء إن العمل سيبدأ في الخريف المقبل ويستمر أربعة عشر شهرا.",
    "وتبلغ التكلفة 4.7 مليون كرونة يدفع ثلثها التجار المحليون.",
    "سيكون بإمكان السكان استخدام العبارة مجانا من الساعة الخامسة صباحا حتى الحادية عشرة ليلا طوال فترة البناء.",
]
SECTIONS = [
    ("Traffic through the two harbours", [
        "Traffic through the harbours of Orvane and Halden fell for the second year in a row. The harbour administration counted 4,812 arrivals of vessels above fifteen metres, against 5,307 in the year before. Most of the decline falls in the months of January to March, when the western breakwater was closed and the pilots turned back 216 vessels at the outer buoy.",
        "Freight was affected less than passengers. The tonnage handled at the two quays that stayed open even rose, by 2.4 percent, because timber that would otherwise have left through Quist was loaded at Halden while the lock there was drained for inspection.",
    ]),
    ("Passengers", [
        "Passengers on scheduled ferries numbered 611,000, a fifth fewer than planned. The replacement buses that the administration paid for were used by 1,400 commuters on an average weekday; on Saturdays they ran almost empty, and from the middle of February they were suspended at weekends.",
        "Complaints reached the highest number since they have been recorded. Of 2,903 letters and messages, more than half concerned season tickets. The administration answered nine in ten within the fortnight that its charter promises, and has since refunded 318,000 crowns without waiting for the decision of the council.",
    ]),
    ("Works on the breakwater", [
        "The western breakwater was raised by eighty centimetres over a length of 340 metres. Divers placed 11,200 tonnes of granite; a further 3,000 tonnes lie ready on the quay for the section that could not be reached before the autumn storms. Measurements since then show a settlement of four centimetres, which is within the limits of the design but more than the contractors had calculated.",
        "The commission of inquiry under Torvald Eng has had access to all documents since October. Its preliminary report attributes the overrun of 1.3 million crowns in equal parts to the foundations, to the price of diesel and to a storm on 3 November that destroyed the floating crane’s moorings.",
    ]),
    ("Staff", [
        "The administration employed 187 people at the end of the year, six fewer than at its beginning. Eleven left for retirement, among them the longest-serving pilot, Gunnar Aske, who had brought some 19,000 ships past the skerries in thirty-eight years without touching one of them.",
        "Sick leave rose to 6.1 percent. The works council and the management have agreed on a reform of the night shifts, which will take effect when the new timetable does and will be evaluated after six months by an institute that both sides have chosen.",
    ]),
    ("Outlook", [
        "For the current year the administration expects 5,100 arrivals and 690,000 passengers, provided that the third ferry returns from the shipyard by the end of May. If it does not, eleven sailings a day can still be kept up, but without any reserve for repairs.",
        "The largest single investment is the renewal of the leading lights at Skerry Sound, which date from 1961 and whose lamps are no longer made. Tenders will be opened on 20 August. The administration has set 2.2 million crowns aside and hopes, for once, to spend less.",
    ]),
]  # fmt: skip
TABLE = [
    ["Harbour", "Arrivals", "Tonnes", "Passengers"],
    ["Orvane", "2,114", "88,300", "402,000"],
    ["Halden", "2,398", "310,750", "209,000"],
    ["Quist lock", "221", "14,020", "none"],
    ["Skerry landing", "79", "610", "4,150"],
]

_SERIF = "font-family: 'Liberation Serif', serif;"
_SANS = "font-family: 'Liberation Sans', sans-serif;"


def _p(paragraphs: Sequence[str], tag: str = "p") -> str:
    return "".join(f"<{tag}>{html.escape(one)}</{tag}>" for one in paragraphs)


def _soft(text: str) -> str:
    """Long words with the breaks that a typesetter's dictionary would offer."""
    for word, parts in {
        "administration": "ad|min|is|tra|tion", "announced": "an|nounced", "transportation": "trans|por|ta|tion",
        "extraordinarily": "ex|traor|di|nar|i|ly", "interruption": "in|ter|rup|tion", "commission": "com|mis|sion",
        "preliminary": "pre|lim|i|nary", "contractors": "con|trac|tors", "underestimated": "un|der|es|ti|mat|ed",
        "foundations": "foun|da|tions", "cooperative": "co|op|er|a|tive", "neighbourhood": "neigh|bour|hood",
        "reconstruction": "re|con|struc|tion", "administrative": "ad|min|is|tra|tive", "remembers": "re|mem|bers",
        "generation": "gen|er|a|tion", "replacement": "re|place|ment", "spokeswoman": "spokes|wom|an",
        "additional": "ad|di|tion|al", "instructions": "in|struc|tions", "committee": "com|mit|tee",
        "department": "de|part|ment", "unusually": "un|usu|al|ly", "interesting": "in|ter|est|ing",
        "consumption": "con|sump|tion", "protection": "pro|tec|tion", "transmitted": "trans|mit|ted",
        "titleholder": "ti|tle|hold|er", "grandmother": "grand|moth|er", "congratulated": "con|grat|u|lat|ed",
        "represent": "rep|re|sent", "examinations": "ex|am|i|na|tions", "waterworks": "wa|ter|works",
        "districts": "dis|tricts", "direction": "di|rec|tion", "timetable": "time|ta|ble", "passage": "pas|sage",
    }.items():  # fmt: skip
        text = text.replace(word, parts.replace("|", "\u00ad"))
    return text


def _documents() -> dict[str, tuple[str, dict[str, object]]]:
    """Each document's page and what is true of it."""
    made: dict[str, tuple[str, dict[str, object]]] = {}
    release = (
        f"<title>Second turbine in Skerry Sound feeds the grid</title><style>@page {{ size: A4; margin: 22mm }} body {{ {_SANS} font-size: 10.5pt; line-height: 1.35 }} h1 {{ font-size: 19pt }} h2 {{ font-size: 12pt }} .l {{ color: #246; font-size: 9pt; text-align: right }}</style>"
        "<p class=l>Orvane Tidal Power Company<br>Quay 4, Orvane<br>press@tidal.example</p>"
        "<p>Press release, 4 March 2025</p><h1>Second turbine in Skerry Sound feeds the grid</h1>"
        + _p(PRESS[:2]) + f"<h2>{PRESS[2]}</h2><ul>" + _p(PRESS[3:6], "li") + "</ul>" + _p(PRESS[6:8])
        + f"<h2>{PRESS[8]}</h2>" + _p(PRESS[9:])
    )  # fmt: skip
    made["press_release"] = release, {
        "title": "Second turbine in Skerry Sound feeds the grid", "published": "2025-03-04",
        "date_origin": "visible text", "pages": 1,
        "text": ["Orvane Tidal Power Company", "Quay 4, Orvane", "press@tidal.example", "Press release, 4 March 2025", *PRESS],
    }  # fmt: skip
    feature = (
        f"<title>The books are the facade</title><style>@page {{ size: A4; margin: 18mm }} body {{ {_SERIF} font-size: 11pt; line-height: 1.3 }} h1 {{ font-size: 30pt; margin: 0 }} .deck {{ font-size: 14pt; font-style: italic }} .c {{ columns: 2; column-gap: 8mm; text-align: justify; hyphens: manual }} .c p {{ margin: 0; text-indent: 1.2em }} .c p:first-child {{ text-indent: 0 }} .c p:first-child::first-letter {{ float: left; font-size: 3.4em; line-height: .8; padding-right: 2pt }}</style>"
        "<h1>Behind glass</h1><p class=deck>A borough library opens its stacks to the street, and a room in which nothing may be read</p>"
        "<p>By Rosalind Achterberg</p><div class=c>" + _p([_soft(one) for one in LIBRARY]) + "</div>"
    )  # fmt: skip
    made["two_columns"] = feature, {
        "title": "Behind glass", "published": None, "authors": ["Rosalind Achterberg"], "pages": 1,
        "text": ["A borough library opens its stacks to the street, and a room in which nothing may be read", *LIBRARY],
    }  # fmt: skip
    paper = (
        f"<title>hh_p03_final.indd</title><style>@page {{ size: 290mm 400mm; margin: 14mm }} body {{ {_SERIF} font-size: 9.5pt; line-height: 1.22 }} .m {{ font-size: 44pt; text-align: center; margin: 0 }} .f {{ text-align: center; border-bottom: 1pt solid; border-top: 1pt solid; font-size: 9pt }} h1 {{ font-size: 34pt; margin: 4mm 0; }} h2 {{ font-size: 20pt; margin: 2mm 0 }} .c {{ column-gap: 5mm; text-align: justify; hyphens: manual }} .c p {{ margin: 0; text-indent: 1em }} .g {{ display: grid; grid-template-columns: 2fr 1fr; column-gap: 5mm }} .b {{ font-weight: bold }}</style>"
        "<p class=m>The Halden Herald</p><p class=f>Tuesday, 18 March 2025 &nbsp;·&nbsp; No. 11,204 &nbsp;·&nbsp; 2.50 crowns</p>"
        "<h1>Ferry to Orvane sails again after a winter without boats</h1>"
        "<div class=c style='columns:3'>" + _p([_soft(one) for one in FERRY]) + "</div><div class=g><div><h2>Water meters in Lower Quist to be read by radio</h2>"
        "<div class=c style='columns:2'>" + _p([_soft(one) for one in WATER]) + "</div></div><div><h2>Chess title for a pupil</h2><div class=c>"
        + _p([_soft(one) for one in CHESS]) + "</div></div></div>"
    )  # fmt: skip
    made["newspaper"] = paper, {
        "title": "Ferry to Orvane sails again after a winter without boats", "published": "2025-03-18",
        "date_origin": "visible text", "outlet": "The Halden Herald", "pages": 1,
        "text": ["Tuesday, 18 March 2025 · No. 11,204 · 2.50 crowns", *FERRY, "Water meters in Lower Quist to be read by radio", *WATER, "Chess title for a pupil", *CHESS],
    }  # fmt: skip
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE)
    report = (
        f"<title>Annual report of the harbour administration</title><meta name=author content='Ilse Brandvik'><style>@page {{ size: A5; margin: 20mm 15mm; @top-left {{ content: 'Harbour Administration of Orvane'; font-size: 8pt }} @top-right {{ content: 'Annual report 2024'; font-size: 8pt }} @bottom-center {{ content: 'page ' counter(page); font-size: 8pt }} }} body {{ {_SERIF} font-size: 10.5pt; line-height: 1.35; text-align: justify }} h1 {{ font-size: 22pt }} h2 {{ font-size: 13pt }} td {{ padding: 1mm 5mm 1mm 0; text-align: left }} p {{ orphans: 2; widows: 2 }}</style>"
        "<h1>Annual report of the harbour administration</h1><p>Published on 30 June 2025</p>"
        + "".join(f"<h2>{title}</h2>{_p(body)}" + (f"<table>{rows}</table>" if title == "Passengers" else "") for title, body in SECTIONS)
    )  # fmt: skip
    text: list[str] = []
    for title, body in SECTIONS:
        text += [title, *body]
        if title == "Passengers":
            text += [" | ".join(row) for row in TABLE]
    made["report"] = report, {
        "title": "Annual report of the harbour administration", "published": "2025-06-30",
        "date_origin": "visible text", "pages": 4, "text": text,
    }  # fmt: skip
    web = (
        f"<title>Ferry to Orvane sails again | Halden Herald</title><style>body {{ {_SERIF} font-size: 12pt }} h1 {{ font-size: 24pt }}</style>"
        "<h1>Ferry to Orvane sails again</h1><p>By Mara Oster</p><p>18 March 2025, 06:12</p>" + _p(FERRY)
    )  # fmt: skip
    made["printed_page"] = web, {
        "title": "Ferry to Orvane sails again", "published": "2025-03-18", "date_origin": "visible text",
        "outlet": "Halden Herald", "authors": ["Mara Oster"], "url": "http://halden.example/news/ferry-sails-again",
        "pages": 1, "text": FERRY,
    }  # fmt: skip
    viet = (
        "<title>Orvane xây lại cầu gỗ</title><style>@page { size: A5; margin: 18mm } body { font-family: 'DejaVu Serif', serif; font-size: 10.5pt } h1 { font-size: 18pt }</style>"
        "<h1>Orvane thông qua kế hoạch xây lại cầu gỗ qua kênh Quist</h1>" + _p(VIET)
    )  # fmt: skip
    made["vietnamese"] = viet, {
        "title": "Orvane thông qua kế hoạch xây lại cầu gỗ qua kênh Quist", "published": None,
        "language": "vi", "pages": 2, "text": VIET,
    }  # fmt: skip
    arabic = (
        "<title></title><style>@page { size: A4; margin: 18mm } body { font-family: 'DejaVu Sans', sans-serif; font-size: 12pt } .c { columns: 2 }</style>"
        "<div dir=rtl><h1>مجلس المدينة يوافق</h1><div class=c>" + _p(ARABIC) + "</div></div>"
    )  # fmt: skip
    made["arabic"] = arabic, {
        "title": "مجلس المدينة يوافق", "published": None, "language": None, "pages": 1, "text": ARABIC,
    }  # fmt: skip
    return made


class _Site(SimpleHTTPRequestHandler):
    """Serves the folder of pages, and nothing on the terminal."""

    def log_message(self, *args: object) -> None:
        """Print nothing."""


def main() -> None:
    """Make every document anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, directory=name))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (folder / "news").mkdir()
        for stem, (page, truth) in _documents().items():
            path = folder / f"{stem}.html"
            whole = f"<!doctype html><html lang=en><meta charset=utf-8>{page}"
            path.write_text(whole, encoding="utf-8")
            address = path.as_uri()
            extra = ["--no-pdf-header-footer"]
            if "url" in truth:
                (folder / "news" / "ferry-sails-again").mkdir()
                (folder / "news" / "ferry-sails-again" / "index.html").write_text(whole, "utf-8")
                address = f"{truth['url']}/"
                rule = f"MAP halden.example:80 127.0.0.1:{server.server_port}"
                extra = [f"--host-resolver-rules={rule}"]
            chromium = os.environ.get("CHROMIUM", "chromium")
            subprocess.run(
                [chromium, "--headless", "--no-sandbox", "--disable-gpu", *extra, f"--print-to-pdf={FOLDER / stem}.pdf", address],
                check=True, capture_output=True,
            )  # fmt: skip
            if "url" in truth:
                truth["url"] = f"{truth['url']}/"
            written = json.dumps(truth, ensure_ascii=False, indent=1)
            (FOLDER / f"{stem}.json").write_text(f"{written}\n", encoding="utf-8")
        server.shutdown()


if __name__ == "__main__":
    main()
