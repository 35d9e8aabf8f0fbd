"""The look of the chat and of the article pages: system fonts, ink on paper, one accent."""

_SERIF = "Georgia, 'Noto Serif', 'Times New Roman', serif"
_SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

_COLOURS = """
:root { --pc-ink: #1d1b18; --pc-paper: #fbf9f4; --pc-card: #ffffff; --pc-rule: #ddd6c8;
  --pc-soft: #5c574e; --pc-link: #7a1f1f; --pc-mark: #ffe58a; --pc-mark-ink: #1d1b18;
  --pc-quiet: #f1ede3; }
"""

_DARK = """
  --pc-ink: #ece7dc; --pc-paper: #191714; --pc-card: #22201c; --pc-rule: #3d3932;
  --pc-soft: #b5ad9e; --pc-link: #f0a9a0; --pc-mark: #6d5a14; --pc-mark-ink: #fff7da;
  --pc-quiet: #2b2823;
"""

PAGE_CSS = f"""{_COLOURS}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--pc-paper); color: var(--pc-ink);
  font: 1.125rem/1.65 {_SERIF}; }}
nav {{ display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline;
  padding: .9rem 1.25rem;
  border-bottom: 3px double var(--pc-rule); font: .9rem/1.4 {_SANS}; color: var(--pc-soft); }}
nav a {{ font: 700 1.35rem/1.2 {_SERIF}; color: var(--pc-ink); text-decoration: none; }}
main {{ max-width: 44rem; margin: 0 auto; padding: 1.5rem 1.25rem 6rem; overflow-wrap: anywhere; }}
h1 {{ font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; margin: .5rem 0; }}
.about, .publisher {{ font: .95rem/1.5 {_SANS}; color: var(--pc-soft); margin: .25rem 0; }}
.outlet {{ font-weight: 600; color: var(--pc-ink); }}
header {{ border-bottom: 1px solid var(--pc-rule); margin-bottom: 1.5rem; padding-bottom: 1rem; }}
a {{ color: var(--pc-link); }}
a:focus-visible {{ outline: 3px solid var(--pc-link); outline-offset: 2px; }}
p {{ unicode-bidi: isolate; }}
.quote {{ background: var(--pc-quiet); box-shadow: -.3rem 0 0 var(--pc-link);
  scroll-margin-top: 30vh; padding: .1rem .2rem; box-decoration-break: clone; }}
.quote:target {{ outline: 0; }}
mark {{ background: var(--pc-mark); color: var(--pc-mark-ink); padding: .05em .1em;
  border-radius: 2px; }}
.page {{ font: .8rem/1.5 {_SANS}; color: var(--pc-soft); user-select: none; scroll-margin-top: 2rem; }}
p.page {{ border-top: 1px solid var(--pc-rule); margin: 2rem 0 0; padding-top: .3rem; }}
span.page {{ border: 1px solid var(--pc-rule); border-radius: 3px; padding: 0 .35em; margin: 0 .25em;
  font-style: normal; white-space: nowrap; }}
.page:target {{ color: var(--pc-ink); background: var(--pc-quiet); }}
.note {{ border-left: 4px solid var(--pc-link); background: var(--pc-quiet); padding: .6rem .9rem;
  font: .95rem/1.5 {_SANS}; }}
main.wide {{ max-width: 80rem; }}
.beside {{ display: grid; gap: 1.5rem 2.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }}
.beside h2, .versions h2 {{ font: 600 1rem/1.4 {_SANS}; color: var(--pc-soft); margin: .5rem 0; }}
.beside h3 {{ margin: .25rem 0; }}
ins, del {{ background: var(--pc-mark); color: var(--pc-mark-ink); padding: .05em .1em;
  border-radius: 2px; text-decoration: none; }}
ins {{ text-decoration: underline; text-underline-offset: .2em; }}
del {{ text-decoration: line-through; }}
.versions {{ border-top: 1px solid var(--pc-rule); margin-top: 2rem; font: .95rem/1.5 {_SANS}; }}
"""

MESSAGE_CSS = f"""
.pc-question {{ color: var(--pc-ink); white-space: pre-wrap; overflow-wrap: anywhere; }}
.pc-message {{ color: var(--pc-ink); overflow-wrap: anywhere; }}
.pc-message a {{ color: var(--pc-link) !important; text-decoration: underline; }}
.pc-message a:focus-visible {{ outline: 3px solid var(--pc-link); outline-offset: 2px; }}
.pc-message blockquote {{ color: var(--pc-ink); unicode-bidi: isolate; white-space: pre-line; }}
.pc-message blockquote.pc-quote {{ font: 1.3rem/1.5 {_SERIF}; margin: 0 0 .6rem !important;
  padding: .1rem 0 .1rem 1rem; border-left: 4px solid var(--pc-link); font-style: normal; }}
.pc-message blockquote.pc-more {{ font: 1rem/1.5 {_SERIF}; margin: .25rem 0 .5rem !important;
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
.pc-message p.pc-silent {{ font: 1.3rem/1.4 {_SERIF}; margin: 0; }}
.pc-nearest summary {{ cursor: pointer; color: var(--pc-soft); margin: .4rem 0; }}
.pc-error {{ border-left: 4px solid #b3261e; padding: .4rem 1rem; background: var(--pc-quiet); }}
"""
"""An answer, in the chat and on a page of its own."""

FORM_CSS = f"""
form {{ display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; margin: 0 0 1.5rem;
  font: .95rem/1.5 {_SANS}; }}
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
"""
"""The form of the page that asks without scripts."""

CHAT_CSS = f"""{_COLOURS}{MESSAGE_CSS}
.dark {{ {_DARK} }}
.gradio-container {{ background: var(--pc-paper) !important; color: var(--pc-ink); }}
.gradio-container .main.fillable {{ max-width: none; padding: 0 1rem; }}
.gradio-container .main > .wrap {{ display: block; padding: 1rem 0; }}
.gradio-container main.contain {{ width: 100%; max-width: 1040px;
  margin: 0 auto !important; }}
#pc-head {{ border-bottom: 3px double var(--pc-rule); padding: .25rem 0 .75rem; }}
#pc-head h1 {{ font: 700 2.4rem/1.1 {_SERIF}; margin: 0; color: var(--pc-ink);
  letter-spacing: -.01em; }}
#pc-head p {{ margin: .3rem 0 0; color: var(--pc-soft); font-size: 1rem; }}
#pc-chat {{ background: var(--pc-card); border: 1px solid var(--pc-rule); }}
#pc-chat .message {{ font-size: 1rem; opacity: 1; }}
#pc-chat .message .prose, #pc-chat .message .md {{ opacity: 1; }}
#pc-chat .bot.message > *, #pc-chat .bot-row .message-content {{ margin: 0; padding: 0; }}
#pc-chat .bot.message {{ background: transparent; border: 0; box-shadow: none; width: 100%; }}
#pc-chat .message-row.bot-row {{ max-width: 100%; width: 100%; margin: 0; padding: .5rem 1.25rem;
  box-sizing: border-box; }}
#pc-chat .bot-row .flex-wrap {{ max-width: 100%; width: 100%; margin: 0; box-sizing: border-box; }}
#pc-chat .bot.message {{ margin: 0; padding: 0; box-sizing: border-box; }}
#pc-box .submit-button {{ background: var(--pc-link); color: var(--pc-card); font-weight: 600;
  padding: .4rem 1rem; height: auto; }}
#pc-chat .user.message {{ background: var(--pc-quiet); border: 1px solid var(--pc-rule); }}
#pc-as-of {{ font-size: .9rem; }}
.pc-examples {{ gap: .5rem; flex-wrap: wrap; }}
.pc-examples button {{ white-space: normal; text-align: left; flex: 0 1 auto; min-width: 0;
  font-weight: 400; border: 1px solid var(--pc-rule); background: var(--pc-card);
  color: var(--pc-ink); }}
.pc-examples button:hover, .pc-examples button:focus-visible {{ border-color: var(--pc-link); }}
"""
