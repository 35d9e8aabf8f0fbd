// The chat page's own script: which conversation this is, keeping it in the browser, the list of
// conversations, and what Gradio's page lacks for screen readers. No string is evaluated here.
(() => {
  'use strict';
  if (window.presscite) return;
  window.presscite = true;

  // --- What the browser keeps -----------------------------------------------------------------

  const store = window.pressciteStore();
  const { LIST, LAST, itemOf, read, write, list, conversation, forget } = store;
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0')).join('');

  // A key in the address counts only where this browser made it: a link could otherwise lead a
  // reader into a conversation that somebody else can read.
  const asked = new URLSearchParams(location.search);
  const known = (key) => list().some((one) => one.key === key)
    || [read(LAST, null), store.tab.key].includes(key);
  const wanted = asked.has('new') ? null : asked.get('c') ?? read(LAST, null);
  const key = wanted && known(wanted) ? wanted : newKey();
  write(LAST, key);
  store.tidy((one) => one === key || known(one));

  // Without half of a character (an emoji) at its end, which cannot be sent.
  const cut = (line, most) => line.slice(0, most).replace(/\p{Cs}/gu, '');

  const LANGUAGE = 'presscite:language';
  const TEXTS = window.pressciteTexts;
  // The pages without scripts read the reader's language in a cookie, and their links write it.
  const COOKIE = 'presscite-language';
  const cookie = document.cookie.split('; ').find((one) => one.startsWith(`${COOKIE}=`));
  const chosen = cookie?.slice(COOKIE.length + 1) ?? read(LANGUAGE, store.tab.language);
  const language = Object.hasOwn(TEXTS, chosen) ? chosen : 'en';
  function keepLanguage(code) {
    write(LANGUAGE, code);
    const { pathname } = new URL('.', document.baseURI);
    document.cookie = `${COOKIE}=${code}; path=${pathname}; max-age=31536000; samesite=lax`;
  }
  if (language !== 'en') keepLanguage(language);
  const text = (name, values = {}) => Object.entries(values).reduce(
    (line, [place, value]) => line.replaceAll(`{${place}}`, () => value), TEXTS[language][name]);
  // The server writes the page in the language that its address names.
  const place = (of, code = language) => code === 'en' ? `?c=${of}` : `?c=${of}&lang=${code}`;
  const remember = (code) => store.remember({ key, language: code }, place(key, code));
  if ((asked.get('lang') ?? 'en') !== language) {
    // Nothing may be done on a page that is being left: the answer on its way to the next one writes
    // the cookie too, after what is chosen here.
    remember(language);
    location.reload();
    return;
  }
  remember(language);
  const address = new URL(`conversations/${key}`, document.baseURI).href;

  function keep(turns) {
    const before = list().find((one) => one.key === key);
    if (!turns.length && !before) return;
    const name = before?.named ? before.name : (turns[0]?.question ?? text('new_conversation'));
    const entry = { key, name: cut(name, 200), named: Boolean(before?.named), updated: Date.now(),
      questions: turns.length };
    const entries = [entry, ...list().filter((one) => one.key !== key)];
    tellFull(!(write(itemOf(key), { turns, filters: keptFilters }) && write(LIST, entries)));
  }

  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // A full store drops nothing: it says that this conversation is not kept. Where nothing ever is, being
  // told so once is enough.
  const full = make('p', { id: 'pc-full' });
  full.setAttribute('role', 'alert');
  function tellFull(isFull) {
    const none = isFull && store.keepsNothing();
    if (!isFull || (none && store.tab.toldNone && !full.isConnected)) { full.remove(); return; }
    const line = text(none ? 'store_none' : 'store_full');
    if (full.isConnected && full.firstChild.textContent === line) return;
    full.replaceChildren(make('span', { textContent: line }));
    if (none) {
      store.remember({ toldNone: true });
      const close = () => full.remove();
      full.append(' ', make('button', { type: 'button', textContent: text('close'), onclick: close }));
    }
    document.body.prepend(full);
  }

  // The filters as they were typed; a new conversation begins with the chat's own day.
  const day = window.pressciteAsOf;
  let keptFilters = conversation(key).filters ?? (day ? `as_of=${day}` : '');
  const filters = window.pressciteFilters({ text, make, language, kept: keptFilters,
    onChange: (typed) => {
      keptFilters = typed;
      const { turns } = conversation(key);
      tellFull(!write(itemOf(key), { turns, filters: typed }));
    } });

  // --- The server's copy ----------------------------------------------------------------------

  const MOST_MS = 30_000;
  const MOST_EXPORT_MS = 3000;
  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  async function call(method, body) {
    const reply = await fetch(address, {
      method,
      headers: body ? { 'content-type': 'application/json' } : {},
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(MOST_MS),
    });
    // One that is busy or stopping says nothing of the conversation.
    if (reply.status >= 500) throw new Error(`status ${reply.status}`);
    return reply.ok ? reply.json() : null;
  }

  let synchronised = false;
  let revision = null;

  // The server reads requests of up to a megabyte: of the oldest answers the words are enough then.
  const MOST = 900_000;
  function sendable({ turns }) {
    const sent = turns.map((turn) => ({ ...turn }));
    const fits = () => new Blob([JSON.stringify(sent)]).size < MOST;
    for (const turn of sent) {
      if (fits()) break;
      turn.details = null;
    }
    while (!fits()) sent.shift();
    return { turns: sent };
  }

  const isListed = () => list().some((one) => one.key === key);
  const lacking = (record) => conversation(key).turns.filter(
    (turn) => turn.id && !record.turns.some((one) => one.id === turn.id));

  // An upload may take long; what would begin another waits for it.
  let restoring = null;
  const restore = () => {
    restoring ??= putBack().finally(() => { restoring = null; });
    return restoring;
  };

  async function putBack() {
    const offered = conversation(key);
    const wasListed = isListed();
    const record = await call('PUT', sendable(offered));
    if (record && wasListed && !isListed()) {
      // Another window deleted it meanwhile: the server was given it again.
      synchronised = false;
      await call('DELETE');
      return;
    }
    synchronised = record !== null;
    if (!record) return;
    const isNew = record.revision !== revision;
    // What it lacks of what it was offered was deleted; what another window kept meanwhile is newer than it.
    if (lacking(record).every((turn) => offered.turns.some((one) => one.id === turn.id))) {
      revision = record.revision;
      keep(record.turns);
    }
    if (isNew && record.turns.length) await refresh(record.turns.length);
  }

  // What the server knows takes the place of what the browser keeps, once it was given what it lacks of that:
  // one that was started again, or did not wait for what was asked before, must not shorten the conversation.
  async function adopt(record) {
    const isShort = record === null || record.unrestored || (!record.cleared && lacking(record).length > 0);
    if (isShort) { await restore(); return; }
    synchronised = true;
    if (record.revision === revision) return;
    revision = record.revision;
    keep(record.turns);
  }

  async function save() {
    if (!synchronised) return;
    const wasListed = isListed();
    const record = await call('GET');
    // What another window deleted meanwhile is not kept again.
    if (!wasListed || isListed()) await adopt(record);
  }

  // Another window may have gone on with the conversation.
  async function lookAgain() {
    if (document.hidden) return;
    const record = await call('GET');
    if (record === null || record.unrestored || !synchronised) await restore();
    else if (record.revision !== revision) await refresh(record.turns.length);
  }

  const lost = document.createElement('p');
  lost.id = 'pc-lost';
  lost.setAttribute('role', 'alert');
  let isAway = false;
  function tellAway() {
    const line = isAway || isCut() ? text('server_away') : '';
    if (lost.textContent !== line) lost.textContent = line;
  }

  // Gradio's own notice, in English on every page: ours stands for it. After it, Gradio loads the page again
  // once there is a server.
  function isCut() {
    const notice = [...document.querySelectorAll('[data-testid="toast-text"]')].find(
      (one) => one.textContent.startsWith('Connection to the server was lost'));
    const box = notice?.closest('[data-testid="toast-body"]');
    if (box) box.style.display = 'none';
    return Boolean(box);
  }

  const watch = window.pressciteWatch({
    waits: () => document.querySelector('#pc-chat .pc-waiting') !== null,
    look: async () => {
      const record = await call('GET');
      if (record === null || record.unrestored) await restore();
      else if (String(record.revision) !== document.querySelector('#pc-seen textarea, #pc-seen input')?.value) {
        await refresh(record.turns.length);
      }
    },
    away: (seen) => { isAway = seen; tellAway(); },
  });

  const found = (selector) => new Promise((resolve) => {
    const look = () => {
      const element = document.querySelector(selector);
      if (element) resolve(element); else setTimeout(look, 30);
    };
    look();
  });

  // Gradio listens some time after it has drawn its page, and does not say when.
  async function refresh(least) {
    for (let tries = 0; tries < 20; tries += 1) {
      (await found('#pc-refresh')).click();
      for (let looks = 0; looks < 20; looks += 1) {
        if (document.querySelectorAll('#pc-chat .user-row').length >= least) return;
        await pause(50);
      }
    }
  }

  // --- Asking ---------------------------------------------------------------------------------

  const unsent = make('p', { id: 'pc-unsent' });
  unsent.setAttribute('role', 'alert');
  const outbox = window.pressciteOutbox({
    key, read, write, newKey,
    post: (body) => fetch(`${address}/questions`, { method: 'POST',
      headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    taken: async (record) => {
      // Where the server cannot be given what was before, what is asked now is shown all the same.
      await adopt(record).catch(() => null);
      await refresh(record.turns.length);
    },
    told: (question) => {
      unsent.textContent = question === null ? '' : text('kept_question', { question });
    },
    refused: (reason) => { unsent.textContent = text('not_taken', { reason }); },
  });

  // A page that is loaded again, as Gradio does by itself after a restart, has what was being typed.
  let draftSoon = null;
  addEventListener('input', (event) => {
    if (!event.target.matches?.('#pc-box textarea')) return;
    clearTimeout(draftSoon);
    draftSoon = setTimeout(() => store.remember({ draft: event.target.value }), 300);
  });

  async function typeAgain() {
    const box = await found('#pc-box textarea');
    const { draft } = store.tab;
    if (!draft || box.value) return;
    box.value = draft;
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }

  const MOST_CHARS = 2000;
  function send(typed, { standalone = false } = {}) {
    const question = cut(typed.trim(), MOST_CHARS);
    if (!question) return;
    used = true;
    outbox.put({ question, filters: filters.values(), standalone, lang: language });
  }

  function sendBox() {
    const box = document.querySelector('#pc-box textarea');
    const question = box.value;
    box.value = '';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    send(question);
  }

  function takeOver(event, act) {
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }

  addEventListener('keydown', (event) => {
    const inBox = event.target.matches?.('#pc-box textarea');
    // An Enter that ends the writing of a word (Vietnamese, Chinese) is not one that asks.
    if (!inBox || event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    takeOver(event, sendBox);
  }, true);

  addEventListener('click', (event) => {
    const target = event.target.closest?.('.submit-button, #pc-examples button, .pc-as-typed, .pc-edit, a.pc-suggestion');
    if (!target) return;
    if (target.matches('.submit-button')) takeOver(event, sendBox);
    else if (target.matches('.pc-edit')) takeOver(event, () => openRewording(target.value));
    else if (target.matches('.pc-as-typed')) takeOver(event, () => send(target.value, { standalone: true }));
    else if (target.matches('button')) takeOver(event, () => send(target.textContent));
    else if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      takeOver(event, () => send(target.textContent, { standalone: true }));
    }
  }, true);

  const rewording = make('dialog', { id: 'pc-rewording' });
  const reworded = make('textarea', { rows: 3, maxLength: MOST_CHARS });
  function openRewording(question) {
    reworded.value = question;
    rewording.showModal();
    reworded.focus();
  }

  function buildRewording() {
    reworded.setAttribute('aria-label', text('reworded'));
    const form = make('form', { className: 'pc-in-words' }, reworded,
      make('button', { className: 'pc-main', textContent: text('ask') }));
    const ask = () => {
      if (!reworded.value.trim()) return;
      rewording.close();
      send(reworded.value, { standalone: true });
    };
    form.addEventListener('submit', (event) => { event.preventDefault(); ask(); });
    reworded.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) takeOver(event, ask);
    });
    framed(rewording, text('reworded'), form);
  }

  // The parts of this script in Gradio's page, whenever it has drawn that.
  function placeParts() {
    filters.place();
    const dock = document.querySelector('#pc-dock');
    if (dock && unsent.parentElement !== dock) dock.prepend(lost, unsent);
  }

  // --- What is said and shown -----------------------------------------------------------------

  const live = document.createElement('div');
  live.id = 'pc-live';
  live.className = 'pc-unseen';
  live.setAttribute('role', 'status');
  live.setAttribute('aria-live', 'polite');

  const words = (element) => element?.textContent.trim().replace(/\s+/g, ' ') ?? '';

  function announcement(reply) {
    const quote = reply.querySelector('.pc-answer .pc-quote');
    if (quote) {
      const mark = words(quote.querySelector('mark')) || words(quote);
      return text('spoken', { words: mark, quote: words(quote) });
    }
    return words(reply.querySelector('.pc-silent, .pc-overview .pc-heading, .pc-error p:last-child, .pc-stopped'));
  }

  const set = (element, name, value) => {
    if (value === null) {
      if (element.hasAttribute(name)) element.removeAttribute(name);
    } else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  function repair() {
    set(document.documentElement, 'lang', language);
    // Gradio's sanitiser lets every link open a window; those of the page's head lead on.
    for (const link of document.querySelectorAll('#pc-head a[target]')) set(link, 'target', null);
    const log = document.querySelector('#pc-chat [role="log"]');
    if (log) {
      set(log, 'aria-label', text('chat'));
      set(log, 'aria-live', 'off');
    }
    for (const status of document.querySelectorAll('.gradio-container .sr-only[role="status"]')) {
      set(status, 'role', null);
      set(status, 'aria-live', null);
      set(status, 'aria-hidden', 'true');
    }
    for (const side of ['user', 'bot']) {
      document.querySelectorAll(`#pc-chat [data-testid="${side}"]`).forEach((message, number) => {
        const name = side === 'user' ? 'question_number' : 'answer_number';
        set(message, 'aria-label', text(name, { number: number + 1 }));
        set(message, 'role', 'group');
      });
    }
  }

  let questions = 0;
  let finished = 0;
  // What was restored is not news; what came after the reader did something is.
  let used = false;
  for (const event of ['click', 'keydown']) {
    addEventListener(event, (one) => { used ||= one.isTrusted; }, true);
  }

  function follow() {
    const turns = [...document.querySelectorAll('#pc-chat .user-row')];
    const replies = [...document.querySelectorAll('#pc-chat .pc-turn')];
    const done = replies.filter((reply) => !reply.querySelector('.pc-waiting'));
    if (turns.length > questions || (done.length > finished && turns.length === questions)) {
      setTimeout(() => turns.at(-1)?.scrollIntoView({ block: 'start' }), 50);
    }
    if (used && done.length > finished) live.textContent = announcement(done.at(-1));
    questions = turns.length;
    finished = done.length;
  }

  // --- The list of conversations --------------------------------------------------------------

  const dialog = make('dialog', { id: 'pc-conversations' });
  const exported = make('dialog', { id: 'pc-files' });
  const search = make('input', { type: 'search', id: 'pc-search', autocomplete: 'off' });
  const items = make('ul', {});
  const undone = make('p', {});
  const unexported = make('p', {});
  for (const one of [undone, unexported]) one.setAttribute('role', 'alert');

  function matches(entry, term) {
    if (!term) return true;
    const { turns } = conversation(entry.key);
    const texts = turns.flatMap((turn) => [turn.question, turn.answer, turn.quote]);
    return [entry.name, ...texts].some((text) => String(text ?? '').toLowerCase().includes(term));
  }

  function row(entry) {
    const link = make('a', { href: place(entry.key), textContent: entry.name });
    if (entry.key === key) link.setAttribute('aria-current', 'page');
    const day = new Date(entry.updated).toISOString().slice(0, 10);
    const about = make('span', { className: 'pc-about',
      textContent: `${text('questions', { count: entry.questions })}, ${day}` });
    const rename = make('button', { type: 'button', textContent: text('rename') });
    const remove = make('button', { type: 'button', textContent: text('delete') });
    for (const button of [rename, remove]) {
      button.setAttribute('aria-label', `${button.textContent} ${entry.name}`);
    }
    const item = make('li', {}, make('div', {}, link, about), rename, remove);
    rename.addEventListener('click', () => item.replaceWith(renaming(entry)));
    remove.addEventListener('click', () => discard(entry.key));
    return item;
  }

  function renaming(entry) {
    const field = make('input', { value: entry.name, maxLength: 200 });
    field.setAttribute('aria-label', text('new_name'));
    const form = make('form', {}, field, make('button', { textContent: text('save') }));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = field.value.trim() || entry.name;
      write(LIST, list().map((one) => one.key === entry.key ? { ...one, name, named: true } : one));
      fill();
    });
    setTimeout(() => field.select());
    return make('li', {}, form);
  }

  // What only the browser forgets, a server that comes back would give it again.
  async function discard(gone) {
    const reply = await fetch(new URL(`conversations/${gone}`, document.baseURI), { method: 'DELETE' })
      .catch(() => null);
    undone.textContent = reply?.ok ? '' : text('not_deleted');
    if (!reply?.ok) return;
    forget(gone);
    if (gone === key) location.assign('?new'); else fill();
  }

  function fill() {
    const entries = list().filter((one) => matches(one, search.value.trim().toLowerCase()));
    items.replaceChildren(...entries.map(row));
    if (!entries.length) items.append(make('li', { textContent: text('none_found') }));
  }

  function framed(dialog, title, ...content) {
    const close = make('button', { type: 'button', textContent: text('close') });
    close.addEventListener('click', () => dialog.close());
    dialog.className = 'pc-dialog';
    dialog.setAttribute('aria-labelledby', `${dialog.id}-title`);
    dialog.append(make('h2', { id: `${dialog.id}-title`, textContent: title }), ...content, close);
    document.body.append(dialog);
  }

  function buildDialogs() {
    search.addEventListener('input', fill);
    framed(dialog, text('conversations'),
      make('p', { textContent: text('kept_here') }),
      make('label', {}, `${text('search')} `, search),
      undone, items);
    const files = [['Markdown', 'evidence.md'], ['JSON', 'evidence.json']].map(
      ([format, name]) => make('li', {}, make('a', {
        href: `${address}/${name}`, download: name, textContent: format,
        onclick: (event) => {
          const title = list().find((one) => one.key === key)?.name ?? '';
          event.target.href = `${address}/${name}?title=${encodeURIComponent(title)}`;
          exported.close();
        },
      })));
    framed(exported, text('export'),
      make('p', { textContent: text('export_what') }),
      unexported,
      make('ul', {}, ...files));
  }

  function addLanguages() {
    const choice = make('select', { id: 'pc-language' },
      ...Object.entries(TEXTS).map(([code, texts]) => make('option', {
        value: code, textContent: texts.own_name, lang: code, selected: code === language })));
    choice.setAttribute('aria-label', text('page_language'));
    choice.addEventListener('change', () => {
      choice.disabled = true;
      keepLanguage(choice.value);
      if (store.keepsNothing()) {
        remember(choice.value);
        location.reload();
      } else location.assign(place(key, choice.value));
    });
    window.addEventListener('pageshow', () => {
      choice.disabled = false;
      choice.value = language;
    });
    document.body.prepend(choice);
  }

  const actions = {
    'pc-new': () => location.assign('?new'),
    'pc-history': () => { search.value = ''; undone.textContent = ''; fill(); dialog.showModal(); },
    // A server that was started again is given the conversation first: it makes the files.
    'pc-export': async () => {
      const looked = lookAgain().then(() => '', () => text('server_away'));
      unexported.textContent = await Promise.race([looked, pause(MOST_EXPORT_MS)]) ?? '';
      if (!exported.open) exported.showModal();
    },
  };

  // --- Start ----------------------------------------------------------------------------------

  let pending = null;
  function changed() {
    repair();
    follow();
    showJudged();
    placeParts();
    tellAway();
    watch();
    clearTimeout(pending);
    // Without a server nothing is new; `watch` sees when there is one again.
    pending = setTimeout(() => save().catch(() => null), 100);
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('button');
    if (button && actions[button.id]) actions[button.id]();
  });

  // What was said of answers, by the fields of their forms: messages are written anew at each change.
  const judged = new Map();
  const fieldsOf = (form) => new URLSearchParams(new FormData(form));

  document.addEventListener('submit', async (event) => {
    const form = event.target.closest?.('form.pc-verdict');
    if (!form || !event.submitter) return;
    event.preventDefault();
    const { value } = event.submitter;
    const fields = fieldsOf(form);
    const about = `${fields}`;
    if (judged.get(about)?.verdict === value) return;
    fields.set('verdict', value);
    let said = { verdict: null, line: text('not_kept') };
    try {
      const reply = await fetch(new URL('feedback', document.baseURI), {
        method: 'POST', headers: { accept: 'application/json' }, body: fields });
      if (reply.ok) said = { verdict: value, line: text(`kept_${value}`) };
      else said.line = (await reply.json()).error ?? said.line;
    } catch { /* no server: it says so */ }
    judged.set(about, said);
    live.textContent = said.line;
    showJudged();
  });

  function showJudged() {
    for (const form of document.querySelectorAll('form.pc-verdict')) {
      const said = judged.get(`${fieldsOf(form)}`);
      const told = form.querySelector('.pc-kept');
      if (said && told.textContent !== said.line) told.textContent = said.line;
      for (const button of form.querySelectorAll('button')) {
        set(button, 'aria-pressed', String(button.value === said?.verdict));
      }
    }
  }

  // Gradio does not follow links inside of the page: a marker leads to its source's card, and back.
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a.pc-marker, a.pc-number');
    const aim = link && document.getElementById(link.hash.slice(1));
    if (!aim) return;
    event.preventDefault();
    event.stopPropagation();
    if (!aim.matches('a')) aim.tabIndex = -1;
    aim.focus({ preventScroll: true });
    aim.scrollIntoView({ block: 'nearest' });
  }, true);

  // What is folded away is printed too.
  let unfolded = [];
  addEventListener('beforeprint', () => {
    unfolded = [...document.querySelectorAll('details:not([open])')];
    for (const one of unfolded) one.open = true;
  });
  addEventListener('afterprint', () => { for (const one of unfolded) one.open = false; });

  function start() {
    document.body.append(live);
    buildDialogs();
    buildRewording();
    addLanguages();
    typeAgain();
    restore().catch(() => null).then(outbox.deliver);
    changed();
    new MutationObserver(changed).observe(document.querySelector('gradio-app') ?? document.body, {
      childList: true, subtree: true, attributes: true, attributeFilter: ['aria-label', 'role'],
    });
    // Gradio names the page after the browser's language; its text is in one.
    new MutationObserver(repair).observe(document.documentElement, { attributes: true,
      attributeFilter: ['lang'] });
  }

  document.addEventListener('visibilitychange', () => lookAgain().catch(() => null));
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
