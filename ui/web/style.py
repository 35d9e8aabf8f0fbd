"""The look of answers and of the pages without scripts: system fonts, ink on paper, one accent."""

SERIF = "Georgia, 'Noto Serif', 'Times New Roman', serif"
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

LIGHT = """
  --pc-ink: #1d1b18; --pc-paper: #fbf9f4; --pc-card: #ffffff; --pc-rule: #ddd6c8;
  --pc-soft: #5c574e; --pc-link: #7a1f1f; --pc-mark: #ffe58a; --pc-mark-ink: #1d1b18;
  --pc-quiet: #f1ede3;
"""

COLOURS = f"""
:root {{ {LIGHT} }}
"""

DARK = """
  --pc-ink: #ece7dc; --pc-paper: #191714; --pc-card: #22201c; --pc-rule: #3d3932;
  --pc-soft: #b5ad9e; --pc-link: #f0a9a0; --pc-mark: #6d5a14; --pc-mark-ink: #fff7da;
  --pc-quiet: #2b2823;
"""

PAGE_CSS = f"""{COLOURS}
@media (prefers-color-scheme: dark) {{ :root {{ {DARK} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--pc-paper); color: var(--pc-ink);
  font: 1.125rem/1.65 {SERIF}; }}
nav {{ display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline;
  padding: .2rem 1.25rem;
  border-bottom: 3px double var(--pc-rule); font: .9rem/1.4 {SANS}; color: var(--pc-soft); }}
nav a {{ font: 700 1.35rem/1.2 {SERIF}; color: var(--pc-ink); text-decoration: none;
  min-width: 44px; min-height: 44px; padding: .55rem 0; }}
nav a.site {{ font: inherit; color: var(--pc-link); text-decoration: underline; padding: .8rem 0; }}
main {{ max-width: 44rem; margin: 0 auto; padding: 1.5rem 1.25rem 6rem; overflow-wrap: anywhere; }}
h1 {{ font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; margin: .5rem 0; }}
.about, .publisher {{ font: .95rem/1.5 {SANS}; color: var(--pc-soft); margin: .25rem 0; }}
.outlet {{ font-weight: 600; color: var(--pc-ink); }}
header {{ border-bottom: 1px solid var(--pc-rule); margin-bottom: 1.5rem; padding-bottom: 1rem; }}
a {{ color: var(--pc-link); }}
.publisher a, .details dd a, a.alone {{ display: inline-block; min-width: 44px; min-height: 44px;
  padding: .7rem 0; }}
a:focus-visible {{ outline: 3px solid var(--pc-link); outline-offset: 2px; }}
p {{ unicode-bidi: isolate; }}
.quote {{ background: var(--pc-quiet); box-shadow: -.3rem 0 0 var(--pc-link);
  scroll-margin-top: 30vh; padding: .1rem .2rem; box-decoration-break: clone; }}
.quote:target {{ outline: 0; }}
mark {{ background: var(--pc-mark); color: var(--pc-mark-ink); padding: .05em .1em;
  border-radius: 2px; }}
.page {{ font: .8rem/1.5 {SANS}; color: var(--pc-soft); user-select: none; scroll-margin-top: 2rem; }}
p.page {{ border-top: 1px solid var(--pc-rule); margin: 2rem 0 0; padding-top: .3rem; }}
span.page {{ border: 1px solid var(--pc-rule); border-radius: 3px; padding: 0 .35em; margin: 0 .25em;
  font-style: normal; white-space: nowrap; }}
.page:target {{ color: var(--pc-ink); background: var(--pc-quiet); }}
.note {{ border-left: 4px solid var(--pc-link); background: var(--pc-quiet); padding: .6rem .9rem;
  font: .95rem/1.5 {SANS}; }}
main.wide {{ max-width: 80rem; }}
.beside {{ display: grid; gap: 1.5rem 2.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }}
.beside h2, .versions h2 {{ font: 600 1rem/1.4 {SANS}; color: var(--pc-soft); margin: .5rem 0; }}
.beside h3 {{ margin: .25rem 0; }}
ins, del {{ background: var(--pc-mark); color: var(--pc-mark-ink); padding: .05em .1em;
  border-radius: 2px; text-decoration: none; }}
ins {{ text-decoration: underline; text-underline-offset: .2em; }}
del {{ text-decoration: line-through; }}
.versions {{ border-top: 1px solid var(--pc-rule); margin-top: 2rem; font: .95rem/1.5 {SANS}; }}
"""

MESSAGE_CSS = f"""
.pc-question {{ color: var(--pc-ink); white-space: pre-wrap; overflow-wrap: anywhere; }}
.pc-message {{ color: var(--pc-ink); overflow-wrap: anywhere; }}
.pc-message a {{ color: var(--pc-link) !important; text-decoration: underline; }}
.pc-message a:focus-visible {{ outline: 3px solid var(--pc-link); outline-offset: 2px; }}
.pc-message blockquote {{ color: var(--pc-ink); unicode-bidi: isolate; white-space: pre-line; }}
.pc-message blockquote.pc-quote {{ font: 1.3rem/1.5 {SERIF}; margin: 0 0 .6rem !important;
  padding: .1rem 0 .1rem 1rem; border-left: 4px solid var(--pc-link); font-style: normal; }}
.pc-message blockquote.pc-more {{ font: 1rem/1.5 {SERIF}; margin: .25rem 0 .5rem !important;
  padding-left: .75rem; border-left: 2px solid var(--pc-rule); font-style: normal; }}
.pc-message mark {{ background: var(--pc-mark); color: var(--pc-mark-ink); padding: .05em .1em;
  border-radius: 2px; }}
.pc-message ol.pc-sources, .pc-message .pc-nearest ul, .pc-message .pc-earlier ul {{
  list-style: none !important; padding: 0 !important; margin: 0 !important; }}
.pc-message li {{ margin: .35rem 0 !important; padding: 0 !important; }}
.pc-number {{ font-weight: 700; color: var(--pc-soft); }}
.pc-title, .pc-outlet {{ font-weight: 600; unicode-bidi: isolate; }}
.pc-retells {{ unicode-bidi: isolate; }}
.pc-date, .pc-page, .pc-retells, .pc-copies, .pc-confidence, .pc-standalone, .pc-gap, .pc-differ,
.pc-earlier p {{ color: var(--pc-soft); }}
.pc-message p.pc-confidence, .pc-message p.pc-standalone, .pc-message p.pc-gap,
.pc-message .pc-earlier p, .pc-message .pc-earlier li {{ font-size: .9rem; margin: .2rem 0; }}
.pc-message p.pc-heading {{ font-weight: 600; margin: 0 0 .3rem; }}
.pc-message p.pc-differ {{ font-weight: 600; margin: 0 0 .6rem; }}
.pc-columns {{ display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }}
.pc-column {{ border: 1px solid var(--pc-rule); border-radius: 6px; padding: .9rem; }}
.pc-earlier {{ border-top: 1px solid var(--pc-rule); margin-top: .8rem; padding-top: .5rem; }}
.pc-abstained {{ border: 1px dashed var(--pc-soft); border-radius: 6px; padding: .8rem 1rem;
  background: var(--pc-quiet); }}
.pc-message p.pc-silent {{ font: 1.3rem/1.4 {SERIF}; margin: 0; }}
.pc-nearest summary {{ cursor: pointer; color: var(--pc-soft); margin: .4rem 0; }}
.pc-message p.pc-speaker, .pc-message p.pc-scope, .pc-message details.pc-sureness,
.pc-message details.pc-around {{ font-size: .9rem; color: var(--pc-soft); margin: .2rem 0; }}
.pc-message details.pc-sureness > summary, .pc-message details.pc-around > summary {{
  cursor: pointer; text-decoration: underline dotted; }}
.pc-message a.pc-marker, .pc-message a.pc-number {{ text-decoration: none !important; font-weight: 700;
  padding: .2rem .1rem; }}
.pc-card {{ scroll-margin: 4rem; }}
.pc-card:target, .pc-card:focus {{ background: var(--pc-quiet); box-shadow: -.3rem 0 0 var(--pc-link); }}
.pc-error {{ border-left: 4px solid #b3261e; padding: .4rem 1rem; background: var(--pc-quiet); }}
@media print {{
  .pc-message mark {{ print-color-adjust: exact; -webkit-print-color-adjust: exact;
    text-decoration: underline; }}
}}
"""
"""An answer, in the chat and on a page of its own."""

COPIES_CSS = f"""
.along, .details {{ border-top: 1px solid var(--pc-rule); margin-top: 2rem; font: .95rem/1.5 {SANS}; }}
.along h2, .details h2 {{ font: 600 1rem/1.4 {SANS}; color: var(--pc-soft); margin: .8rem 0 .3rem; }}
.along ul {{ display: flex; flex-wrap: wrap; gap: 0 1.2rem; list-style: none; padding: 0; margin: 0; }}
.along li a {{ display: inline-block; min-width: 44px; min-height: 44px; padding-top: .6rem; }}
.along summary {{ cursor: pointer; min-height: 44px; padding-top: .6rem; }}
.along summary:focus-visible, .along textarea:focus-visible {{
  outline: 3px solid var(--pc-link); outline-offset: 2px; }}
.along form {{ margin: .4rem 0; }}
.along label {{ display: grid; color: var(--pc-soft); margin: 0 0 .8rem; }}
.along textarea {{ font: .85rem/1.5 ui-monospace, monospace; width: 100%; min-height: 7rem;
  color: var(--pc-ink); background: var(--pc-card); border: 1px solid var(--pc-soft);
  border-radius: 4px; padding: .5rem; }}
.quotes, .pages {{ border: 0; padding: .3rem 0; font: .95rem/1.5 {SANS}; }}
.quotes ol {{ display: flex; flex-wrap: wrap; gap: .2rem; list-style: none; padding: 0; margin: 0; }}
nav.quotes a, nav.pages a {{ font: inherit; color: var(--pc-link); text-decoration: underline;
  display: inline-block; min-width: 44px; min-height: 44px; padding: .6rem .4rem; }}
.details li {{ margin: .4rem 0; }}
.details dl {{ display: grid; grid-template-columns: minmax(5rem, max-content) 1fr; gap: .2rem 1rem; }}
.details dt {{ color: var(--pc-soft); }}
.details dd {{ margin: 0; }}
.selected {{ position: sticky; bottom: 0; display: flex; flex-wrap: wrap; gap: .4rem 1rem;
  align-items: center; padding: .6rem 1.25rem; background: var(--pc-card);
  border-top: 3px double var(--pc-rule); font: .95rem/1.5 {SANS}; }}
.selected p {{ flex: 1 1 12rem; margin: 0; max-height: 4.5em; overflow: hidden; overflow-wrap: anywhere; }}
@media print {{
  .selected, .along, nav, form, #context, #context + ol {{ display: none; }}
  body {{ background: #fff; color: #000; }}
  main {{ max-width: none; padding: 0; }}
  .quote {{ box-shadow: none; border-left: 3px solid #000; print-color-adjust: exact; }}
  mark, .quote {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
  mark {{ text-decoration: underline; }}
  a {{ color: #000; }}
  .publisher a::after {{ content: " (" attr(href) ")"; }}
  p, li, dd {{ orphans: 3; widows: 3; }}
}}
"""
"""What is under an answer or an article to take it along."""

FORM_CSS = f"""
form {{ display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; margin: 0 0 1.5rem;
  font: .95rem/1.5 {SANS}; }}
label {{ display: grid; color: var(--pc-soft); }}
label.ask-q {{ flex: 1 1 15rem; }}
details {{ flex: 1 1 100%; }}
summary {{ cursor: pointer; min-height: 44px; padding-top: .6rem; }}
details label {{ display: inline-grid; margin: 0 1rem .6rem 0; }}
input, button {{ font: inherit; min-height: 44px; padding: .4rem .7rem; border-radius: 4px;
  color: var(--pc-ink); background: var(--pc-card); border: 1px solid var(--pc-soft); }}
button {{ background: var(--pc-link); color: var(--pc-card); border-color: var(--pc-link);
  font-weight: 600; cursor: pointer; }}
input:focus-visible, button:focus-visible {{ outline: 3px solid var(--pc-link); outline-offset: 2px; }}
select {{ font: inherit; min-height: 44px; padding: .4rem .5rem; border-radius: 4px; max-width: 100%;
  color: var(--pc-ink); background: var(--pc-card); border: 1px solid var(--pc-soft); }}
select:focus-visible {{ outline: 3px solid var(--pc-link); outline-offset: 2px; }}
form label {{ min-width: 0; max-width: 100%; }}
form label select, form label textarea {{ width: 100%; }}
"""
"""The forms of the pages without scripts."""

CHECK_CSS = f"""
main textarea {{ font: 1rem/1.5 {SERIF}; width: 100%; color: var(--pc-ink); background: var(--pc-card);
  border: 1px solid var(--pc-soft); border-radius: 4px; padding: .5rem; }}
main textarea:focus-visible {{ outline: 3px solid var(--pc-link); outline-offset: 2px; }}
.counts {{ font: 600 1rem/1.5 {SANS}; }}
.checked {{ border-left: 4px solid var(--pc-link); padding-left: 1rem; margin: 1.5rem 0; }}
.checked.verbatim {{ border-left-color: var(--pc-rule); }}
.checked h2, #draft {{ font: 600 1rem/1.4 {SANS}; margin: 0 0 .3rem; }}
.checked small {{ font-weight: 400; color: var(--pc-soft); }}
.checked blockquote {{ margin: .3rem 0; padding-left: .75rem; border-left: 2px solid var(--pc-rule);
  unicode-bidi: isolate; white-space: pre-line; }}
.checked ul {{ list-style: none; padding: 0; margin: .3rem 0; font: .95rem/1.5 {SANS}; }}
.checked li {{ margin: .6rem 0; }}
.changes li {{ margin: .2rem 0; }}
.draft {{ white-space: pre-wrap; }}
.draft a {{ text-decoration-thickness: 2px; }}
.draft a.verbatim {{ text-decoration-style: dotted; }}
.draft a.altered, .draft a.other-speaker, .draft a.not-found {{
  background: var(--pc-mark); color: var(--pc-mark-ink); }}
@media print {{ form, nav {{ display: none; }} }}
"""
"""The page that checks a draft."""

COLLECTION_CSS = f"""
form label {{ min-width: 0; max-width: 100%; flex: 1 1 11rem; }}
form input, form select {{ width: 100%; }}
ol.articles {{ padding-left: 2.5rem; }}
ol.articles li {{ margin: .7rem 0; }}
ol.articles a {{ font-weight: 600; unicode-bidi: isolate; }}
nav.pages {{ display: flex; gap: 1.5rem; border: 0; padding: .3rem 0; }}
nav.pages a {{ font: 1rem/1.5 {SANS}; color: var(--pc-link); text-decoration: underline;
  display: inline-block; min-height: 44px; padding: .6rem .4rem; }}
"""
"""The list of the articles."""
