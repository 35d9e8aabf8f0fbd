"""The look of the chat's page: one scrolling area, the question box at its foot."""

from ui.web.style import COLOURS, DARK, LIGHT, MESSAGE_CSS, SERIF

_PAGE = f"""
.dark {{ {DARK} @media print {{ {LIGHT} }} }}
html {{ scroll-padding: 12px 0 13rem; }}
.gradio-container {{ background: var(--pc-paper) !important; color: var(--pc-ink);
  overflow: visible !important; }}
.gradio-container .main.fillable {{ max-width: none; padding: 0 1rem; }}
.gradio-container .main > .wrap {{ display: block; padding: 1rem 0 0; }}
.gradio-container main.contain {{ width: 100%; max-width: 1040px; margin: 0 auto !important; }}
.gradio-container main.contain > .column {{ min-height: calc(100dvh - 1rem) !important; }}
#pc-head {{ border-bottom: 3px double var(--pc-rule) !important; padding: .25rem 0 .75rem;
  overflow: visible !important; flex: none; }}
#pc-head h1 {{ font: 700 2.4rem/1.1 {SERIF}; margin: 0; color: var(--pc-ink);
  letter-spacing: -.01em; }}
#pc-head .pc-pages a {{ color: var(--pc-link); text-decoration: underline; display: inline-block;
  min-height: 44px; padding: .6rem 1rem 0 0; }}
#pc-head p {{ margin: .3rem 0 0; color: var(--pc-soft); font-size: 1rem; overflow-wrap: anywhere; }}
#pc-language {{ position: absolute; top: 1rem; right: max(.6rem, calc(50% - 520px)); z-index: 10;
  font: .9rem/1.5 system-ui, sans-serif; min-height: 44px; color: var(--pc-ink); padding: 0 .4rem;
  background: var(--pc-paper); border: 1px solid var(--pc-rule); border-radius: 6px; }}
#pc-language option {{ color: var(--pc-ink); background: var(--pc-card); }}
#pc-full {{ position: sticky; top: 0; z-index: 30; margin: 0; padding: .6rem 1rem; text-align: center;
  font: 600 .95rem/1.4 system-ui, sans-serif; color: var(--pc-ink); background: var(--pc-quiet);
  border-bottom: 1px solid var(--pc-rule); }}
#pc-full button {{ font: inherit; min-height: 44px; padding: 0 .8rem; color: var(--pc-link);
  background: none; border: 0; text-decoration: underline; cursor: pointer; }}
.pc-unseen {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }}
"""

_MESSAGES = """
#pc-chat, #pc-chat .wrapper, #pc-chat .bubble-wrap, #pc-chat .message-wrap {
  height: auto !important; min-height: 0 !important; max-height: none !important;
  overflow: visible !important; }
#pc-chat { background: var(--pc-card); border: 1px solid var(--pc-rule) !important;
  flex: 0 0 auto !important; }
#pc-chat:not(:has(.message-row)) { border: 0 !important; background: transparent; }
#pc-chat .placeholder-content { padding: 0; }
#pc-chat .top-panel, #pc-chat .scroll-down-button-container { display: none !important; }
#pc-chat .message-wrap { padding-block: .5rem; }
#pc-chat .message { font-size: 1rem; opacity: 1; }
#pc-chat .message .prose, #pc-chat .message .md { opacity: 1; }
#pc-chat .bot.message > *, #pc-chat .bot-row .message-content { margin: 0; padding: 0; }
#pc-chat .bot.message { background: transparent; border: 0; box-shadow: none; width: 100%; }
#pc-chat .message-row.bot-row { max-width: 100%; width: 100%; margin: 0; padding: .5rem 1.25rem;
  box-sizing: border-box; }
#pc-chat .bot-row .flex-wrap { max-width: 100%; width: 100%; margin: 0; box-sizing: border-box; }
#pc-chat .bot.message { margin: 0; padding: 0; box-sizing: border-box; }
#pc-chat .user.message { background: var(--pc-quiet); border: 1px solid var(--pc-rule); }
#pc-chat h2.pc-question { font: inherit; font-weight: 600; margin: 0; }
#pc-chat p.pc-asked-with, #pc-chat p.pc-links { font-size: .9rem; margin: .2rem 0 0;
  color: var(--pc-soft); }
.pc-waiting, .pc-stopped, .pc-gone { color: var(--pc-soft); }
.pc-links a { color: var(--pc-soft) !important; }
.pc-turn a { padding-block: .85rem; }
.pc-turn a.pc-marker, .pc-turn a.pc-number { display: inline-block; min-width: 44px; padding: .7rem 0;
  margin-block: -.7rem; text-align: center; box-sizing: border-box; min-height: 44px; }
.pc-turn .pc-verdict { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center;
  margin: .6rem 0 0; }
.pc-turn .pc-reword { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0 0 .6rem; }
.pc-turn :is(.pc-verdict, .pc-reword) button { font: inherit; font-size: .9rem; min-height: 44px;
  min-width: 44px; padding: 0 .8rem; color: var(--pc-ink); background: transparent;
  border: 1px solid var(--pc-rule); border-radius: 6px; cursor: pointer; }
.pc-turn .pc-verdict button[aria-pressed="true"] { border: 2px solid var(--pc-link);
  color: var(--pc-link); font-weight: 600; }
.pc-kept, .pc-here { font-size: .9rem; color: var(--pc-soft); }
.pc-turn .pc-links a, .pc-turn a.pc-publisher, .pc-turn a.pc-suggestion { display: inline-block;
  min-height: 44px; box-sizing: border-box; }
.pc-turn summary { min-height: 44px; padding-block: .6rem; box-sizing: border-box; }
"""

_DOCK = """
.column:has(> #pc-chat .message-row) > #pc-summary, #pc-summary .pc-collection > p { display: none; }
#pc-summary { flex: none; overflow: visible !important; font-size: .95rem; }
#pc-summary ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; list-style: none; padding: 0; margin: 0;
  color: var(--pc-soft); }
#pc-summary li { min-width: 0; overflow-wrap: anywhere; }
#pc-summary .pc-collections::before { content: attr(aria-label) ":"; color: var(--pc-soft); }
#pc-summary svg { max-width: 100%; height: 3rem; color: var(--pc-link); display: block; }
#pc-summary figure { margin: .6rem 0 0; }
#pc-summary figcaption { font-size: .85rem; color: var(--pc-soft); }
#pc-examples { gap: .5rem; flex-wrap: wrap; flex: none; }
#pc-examples button { white-space: normal; text-align: left; flex: 0 1 auto; min-width: 0;
  min-height: 44px; font-weight: 400; border: 1px solid var(--pc-rule); background: var(--pc-card);
  color: var(--pc-ink); }
#pc-examples button:hover { border-color: var(--pc-link); }
#pc-dock { position: sticky; bottom: 0; z-index: 20; margin-top: auto; gap: .4rem; flex: none !important;
  padding: .6rem 0; background: var(--pc-paper); border-top: 1px solid var(--pc-rule); }
#pc-dock .form, #pc-box { border: 0; background: transparent; box-shadow: none; padding: 0;
  overflow: visible !important; }
#pc-box .input-container { align-items: center; gap: .5rem; }
#pc-box textarea { min-height: 44px; padding: .6rem .75rem; font-size: 1rem; line-height: 1.4;
  color: var(--pc-ink); background: var(--pc-card); border: 1px solid var(--pc-soft);
  border-radius: 6px; }
#pc-box textarea::placeholder { color: var(--pc-soft); opacity: 1; }
#pc-box .submit-button { background: var(--pc-link); color: var(--pc-card); font-weight: 600;
  padding: .4rem 1rem; height: auto; min-height: 44px; margin: 0; border-radius: 6px;
  align-self: flex-end; }
#pc-tools { gap: .4rem; flex-wrap: wrap; }
#pc-tools > button, #pc-filters > button { flex: 0 0 auto; min-width: 44px; min-height: 44px;
  padding: 0 .7rem; font: 500 .9rem/1.4 system-ui, sans-serif; background: transparent;
  color: var(--pc-ink); border: 1px solid var(--pc-rule); border-radius: 6px; cursor: pointer; }
#pc-tools #pc-stop { border-color: var(--pc-link); color: var(--pc-link); font-weight: 600; }
#pc-filters { display: contents; }
#pc-filters > button[aria-expanded="true"] { background: var(--pc-quiet); border-color: var(--pc-soft); }
#pc-filter-fields { flex: 1 0 100%; order: 1; min-width: 0; display: flex; flex-wrap: wrap;
  gap: .4rem .6rem; }
#pc-filter-fields[hidden] { display: none; }
#pc-filter-fields label { flex: 1 1 9.5rem; min-width: 0; font: .85rem/1.4 system-ui, sans-serif;
  color: var(--pc-soft); display: grid; gap: .1rem; }
#pc-filter-fields label[hidden] { display: none; }
#pc-filter-fields input { min-height: 44px; width: 100%; box-sizing: border-box; padding: 0 .6rem;
  font: .9rem/1.4 system-ui, sans-serif; color: var(--pc-ink); background: var(--pc-card);
  border: 1px solid var(--pc-soft); border-radius: 6px; }
#pc-filter-fields input[aria-invalid] { border: 2px solid var(--pc-link); }
#pc-filter-fields input::placeholder { color: var(--pc-soft); opacity: 1; }
#pc-left, #pc-unsent, #pc-lost { margin: 0; font: .9rem/1.4 system-ui, sans-serif; color: var(--pc-soft);
  overflow-wrap: anywhere; flex: none; }
#pc-left:empty, #pc-unsent:empty, #pc-lost:empty { display: none; }
#pc-unsent, #pc-lost { color: var(--pc-ink); border-left: 4px solid var(--pc-link); padding: .3rem .7rem;
  background: var(--pc-quiet); }
"""

_DIALOG = """
.pc-dialog { box-sizing: border-box; width: min(40rem, calc(100vw - 2rem)); max-height: 85dvh; overflow: auto;
  border: 1px solid var(--pc-rule); border-radius: 8px; padding: 1.25rem;
  background: var(--pc-card); color: var(--pc-ink); font: 1rem/1.5 system-ui, sans-serif; }
.pc-dialog::backdrop { background: rgb(0 0 0 / .4); }
.pc-dialog h2 { font-size: 1.3rem; margin: 0; }
.pc-dialog p, .pc-dialog .pc-about { color: var(--pc-soft); margin: .2rem 0 .8rem;
  font-size: .9rem; }
.pc-dialog .pc-about { display: block; margin: 0; }
.pc-dialog ul { list-style: none; margin: 1rem 0; padding: 0; }
.pc-dialog li { display: flex; gap: .5rem; align-items: center; padding: .4rem 0;
  border-top: 1px solid var(--pc-rule); }
.pc-dialog li > div, .pc-dialog form { flex: 1 1 auto; min-width: 0; }
.pc-dialog form { display: flex; gap: .5rem; }
.pc-dialog form input { flex: 1 1 auto; }
.pc-dialog a { color: var(--pc-link); display: inline-block; padding: .65rem 0;
  overflow-wrap: anywhere; }
.pc-dialog form.pc-in-words { flex-direction: column; margin: .6rem 0 1rem; }
.pc-dialog input, .pc-dialog textarea, .pc-dialog button { font: inherit; min-height: 44px; min-width: 0;
  padding: 0 .7rem; color: var(--pc-ink); background: var(--pc-card);
  border: 1px solid var(--pc-soft); border-radius: 6px; }
.pc-dialog textarea { padding: .5rem .7rem; resize: vertical; }
.pc-dialog button.pc-main { background: var(--pc-link); color: var(--pc-card); font-weight: 600; }
"""

_FOCUS = """
:is(#pc-dock, #pc-examples, #pc-chat, .pc-dialog)
  :is(button, input, textarea, a, summary):focus-visible, #pc-language:focus-visible, #pc-box textarea:focus {
  outline: 3px solid var(--pc-link) !important; outline-offset: 2px; }
"""

# Gradio confines the rules of a media query to its own part of the page, outside of which the menu of
# languages stands; not so a media query inside of a rule.
_SMALL = """
#pc-language { @media print { display: none !important; } }
body, .gradio-container { @media print { background: #fff !important; min-height: 0 !important; } }
@media (max-width: 640px) {
  .gradio-container .main.fillable { padding: 0 .6rem; }
  #pc-head h1 { font-size: 1.7rem; line-height: 44px; }
  #pc-head p { font-size: .9rem; }
  #pc-chat .message-row.bot-row { padding: .5rem .75rem; }
  #pc-tools { gap: .3rem; }
  #pc-tools > button, #pc-filters > button { padding: 0 .45rem; font-size: .85rem; }
  #pc-filter-fields { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: thin; padding: 3px; }
  #pc-filter-fields label { flex: 0 0 9rem; }
}
@media (max-height: 420px) { #pc-dock { position: static; } html { scroll-padding-bottom: 1rem; } }
@media (forced-colors: active) { #pc-tools button, #pc-examples button { border-color: ButtonText; } }
@media print {
  #pc-dock, #pc-examples, #pc-head .pc-pages, .pc-dialog, .pc-verdict, .pc-here, button,
    footer { display: none !important; }
  #pc-chat { border: 0 !important; }
  .message-row, .pc-turn blockquote { break-inside: avoid-page; }
}
"""

CHAT_CSS = "".join([COLOURS, MESSAGE_CSS, _PAGE, _MESSAGES, _DOCK, _DIALOG, _FOCUS, _SMALL])
