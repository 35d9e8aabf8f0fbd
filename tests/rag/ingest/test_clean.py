"""A scraped page to its story: the furniture goes, no sentence does."""

from datetime import date

import pytest

from rag.ingest.clean import clean_page
from rag.text.normalise import normalise

FIRST = "The harbour of Lindau ordered seven electric ferries on Monday, the mayor said."
SECOND = "The first of them will carry passengers across the lake in May 2031."


def story(*lines):
    return clean_page(normalise("\n".join(lines)))


def test_head_of_a_page():
    found = story(
        "Skip to content",
        "Share on X",
        "Home | News | Sport | Culture",
        "News",
        "English | Deutsch | 中文",
        "Lindau orders seven ferries",
        "Updated: 03-05-2030 | 08:15:00",
        FIRST,
        SECOND,
    )
    assert found.title == "Lindau orders seven ferries"
    assert found.published == date(2030, 5, 3)
    assert found.text == f"{FIRST}\n\n{SECOND}"


@pytest.mark.parametrize(
    "line",
    [
        "Comment (0)",
        "12 Comments",
        "Bình luận (3)",
        "Share on Facebook",
        "Follow us on Telegram for more",
        "Related Stories",
        "Read more:",
        "(Web editor: Ann Other, Bo Third)",
        "Photo: Lake Agency",
        "Source",
        "Quay lên trên",
        "Mời độc giả theo dõi báo",
        "Tin liên quan",
        "责任编辑：王",
        "© 2030 Lake Courier",
        "Vietnamese | English | 中文",
        "We use cookies to make this site better for you",
        "Skip to main content",
        "Share on X",
        "Share this article via e-mail",
        "News",
        "5 min read",
        "Read more: Ferries that nobody wanted",
        "ALSO READ: Mayor leaves office",
        "Watch: the first voyage",
        "Follow us on Facebook",
        "FOLLOW US ON FACEBOOK",
        "Follow Us on X",
        "Follow us on Facebook, Telegram and Instagram for the latest news.",
        "Follow Lake Wire on Telegram",
        "Share this article",
        "Sign up for our daily morning newsletter.",
        "Copyright 2024 Lake Wire. All rights reserved.",
        "Copyright Lake Wire. All rights reserved.",
        "Chia sẻ lên Facebook",
        "Theo dõi báo Lindau trên Google News",
    ],
)
def test_furniture_goes(line):
    assert story("Lindau orders ferries", FIRST, line, SECOND).text == f"{FIRST}\n\n{SECOND}"


@pytest.mark.parametrize(
    "line",
    [
        "Source of the river is the glacier above the town.",
        "Share prices fell by 3 percent.",
        "Related companies will pay the same fee.",
        "Comments by the council were not published.",
        "Editors of three papers protested: they want to be heard.",
        "Trade, the minister said, grew by 3.6 percent to 48 billion euros",
        "Follow-up talks begin in March.",
        "News from the lake travels slowly.",
        "Watch: that is what the mayor told her council to do.",
        "More than 40 ferries were counted",
        "Read the treaty before you sign it, she said",
        "Like the US, Vietnam wants the strait kept open.",
        "LIKE THE US, VIETNAM WANTS THE STRAIT KEPT OPEN",
        "Share prices at Facebook fell 12 percent on Tuesday.",
        "Share prices at Facebook fall",
        "Follow-up talks with the US are planned for May.",
        "Follow us into the hall with your newsletter, the mayor said.",
        "Copyright law must change, the supreme court ruled on Monday.",
        "Source: the ministry's own report says 36 died.",
        "Chia sẻ với báo chí, ông Nam nói.",
        "Theo dõi sát diễn biến bão",
        "相关新闻发布会周一举行，市长出席并回答了记者的问题。",
        "Workers in Lindau struck on Monday. | Those in Bregenz did not.",
    ],
)
def test_sentences_stay(line):
    assert line in story("Lindau orders ferries", FIRST, line, SECOND).text


def test_captions_lose_their_credit_and_bars():
    found = story(
        "Lindau orders ferries",
        FIRST,
        "| The mayor signs the contract in the old town hall. (Source: Lake Agency) |",
        "Overview of the yard. Source: Lake Agency",
        SECOND,
    )
    caption = "The mayor signs the contract in the old town hall."
    assert found.text == f"{FIRST}\n\n{caption}\n\n{SECOND}"


def test_a_line_printed_twice_is_kept_once():
    found = story("Lindau orders ferries", FIRST, SECOND, "Ferries again", SECOND, "Ferries again")
    assert found.text.count(SECOND) == 1
    assert found.text.count(FIRST) == 1


@pytest.mark.parametrize(
    ("line", "outlet"),
    [
        ("BREGENZ, May 3 (Lake Wire) -- The council met for the third time.", "Lake Wire"),
        ("LKW.COM - The council met in Bregenz for the third time on Monday.", "LKW"),
        ("(LKW) - The council met in Bregenz for the third time on Monday.", "LKW"),
        ("The council (Lake Wire) met in Bregenz for the third time.", None),
    ],
)
def test_outlet_where_the_text_names_it(line, outlet):
    found = story("Council meets again", line, SECOND)
    assert found.outlet == outlet
    assert line in found.text


def test_agency_line_gives_outlet_and_date():
    found = story("Council meets once again", "(Lake Wire) 13:14, May 03, 2030", FIRST)
    assert (found.outlet, found.published) == ("Lake Wire", date(2030, 5, 3))
    assert found.text == FIRST


def test_a_date_inside_a_sentence_is_not_the_page_date():
    found = story("Council meets once again", f"{FIRST} The vote was on May 3, 2030.", SECOND)
    assert found.published is None


def test_what_looks_like_no_story_is_kept_whole():
    verse = "over the lake " * 20
    assert story(verse).text == verse.strip()
    assert story("Three short words").text == "Three short words"


def test_chinese_and_vietnamese_stories():
    chinese = "林道港周一订购了七艘电动渡轮。首艘将于2031年5月启航。"
    assert chinese in story("林道订购渡轮", chinese).text
    vietnamese = "Cảng Lindau đã đặt mua bảy chiếc phà điện vào ngày thứ Hai."
    found = story("Lindau mua bảy chiếc phà", vietnamese, "Chia sẻ bài viết")
    assert (found.title, found.text) == ("Lindau mua bảy chiếc phà", vietnamese)


HINDI = (
    "लिंडाउ के बंदरगाह ने सोमवार को सात बिजली से चलने वाली नावें मँगाईं, महापौर ने परिषद की बैठक के बाद कहा, और पहली नाव "
    "मई महीने में झील के उस पार यात्रियों को ले जाएगी।",
    "नावें दो साल में बनकर तैयार होंगी।",
    "परिषद के चौदह सदस्यों ने पक्ष में और नौ ने विरोध में मत दिया, जबकि पुराने घाट के मछुआरों ने कहा कि उन्हें नए घाट के "
    "लिए और समय और पैसे की ज़रूरत होगी।",
)
URDU = (
    "لنڈاؤ کی بندرگاہ نے پیر کے روز بجلی سے چلنے والی سات کشتیاں منگوائیں،"
    " میئر نے کونسل کے اجلاس کے بعد کہا، اور پہلی کشتی مئی کے مہینے میں جھیل کے پار مسافروں کو لے جائے گی۔",
    "کشتیاں دو سال میں تیار ہو جائیں گی۔",
)
THAI = (
    " ".join(["ท่าเรือลินเดา", "สั่งซื้อเรือไฟฟ้าเจ็ดลำ", "นายกเทศมนตรีกล่าว"] * 9),
    "เรือลำแรก จะออกเดินทาง ในเดือนพฤษภาคม",
)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("लिंडाउ ने सात नावें मँगाईं", HINDI),
        ("لنڈاؤ نے سات کشتیاں منگوائیں", URDU),
        ("ลินเดา สั่งซื้อ เรือเจ็ดลำ", THAI),
    ],
)
def test_stories_in_scripts_without_full_stops(title, lines):
    found = story(title, *lines)
    assert (found.title, found.text) == (title, normalise("\n\n".join(lines)))


@pytest.mark.parametrize(
    "lead",
    [
        "The council listed on Monday what the seven electric ferries of Lindau, the new quay, the signs and"
        " the two ticket halls will cost, all of it to be paid by the state:",
        "The harbour of Lindau will get seven electric ferries in two years and a new quay and two ticket"
        " halls and the state will pay for all of it without any loan",
        "Elected were Ann Other, Bo Third, Cy Fourth, Di Fifth, Ed Sixth, Flo Seventh, Gus Eighth, Hal Ninth,"
        " Ida Tenth, Jo Eleventh, Kai Twelfth, Lea Thirteenth, Mo Fourteenth, Ned Last",
        "पहली नाव मई में चलेगी | दूसरी नाव जून महीने के पहले सोमवार को झील के उस पार जाएगी | तीसरी नाव की तारीख़ परिषद"
        " ने अब तक तय नहीं की है और महापौर चुप हैं",
    ],
)
def test_a_long_lead_is_no_menu_and_no_headline(lead):
    found = story("Lindau orders ferries", lead, FIRST)
    assert (found.title, found.text) == ("Lindau orders ferries", f"{lead}\n\n{FIRST}")
    assert lead in story(lead, FIRST, SECOND).text


@pytest.mark.parametrize(
    "line",
    [
        "Home News Sport Culture Weather Business World Opinion Lake Radio Harbour Webcam Tickets Jobs Cars"
        " Homes Deaths Births Letters Quiz Games Recipes Shop About Us Contact",
        "TODAY ON THE LAKE 70th anniversary of Lindau's Old Pier Lindau - Bregenz 2031 Ferry Summit Council"
        " marks 15 years of the town museum 3rd Lake Games - Bregenz 2031 Night Market Guide",
        "Home | News | Lindau orders seven ferries | Sport",
    ],
)
def test_rows_of_links_go(line):
    assert story(line, "Lindau orders ferries", FIRST).text == FIRST
