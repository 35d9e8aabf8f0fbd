// The filters beside the question box: plain fields of the page's own. Gradio mounts nothing of them anew,
// so that what is typed stays typed from the first moment.
window.pressciteFilters = ({ text, make, language, kept, onChange }) => {
  const HINTS = { since: 'day_form', until: 'day_form', outlet: 'every_outlet',
    language: 'every_language', as_of: 'today',
    collection: 'every_collection' };
  const LABELS = { language: 'language_of_article' };
  const LISTED = { outlet: 'outlets', language: 'languages', collection: 'collections' };
  const NAMES = Object.keys(HINTS);

  const fields = {};
  const lists = {};
  const panel = make('div', { id: 'pc-filter-fields', hidden: true });
  panel.setAttribute('role', 'group');
  panel.setAttribute('aria-label', text('filters'));
  for (const name of NAMES) {
    const field = make('input', { placeholder: text(HINTS[name]), maxLength: 200,
      autocomplete: 'off', spellcheck: false });
    if (LISTED[name]) {
      lists[name] = make('datalist', { id: `pc-${LISTED[name]}` });
      field.setAttribute('list', lists[name].id);
      panel.append(lists[name]);
    }
    field.addEventListener('input', changed);
    const label = make('label', {}, make('span', { textContent: text(LABELS[name] ?? name) }), field);
    panel.append(label);
    // Shown where articles have labels, which `offer` asks.
    if (name === 'collection') label.hidden = true;
    fields[name] = field;
  }
  const button = make('button', { type: 'button', textContent: text('filters') });
  button.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-controls', panel.id);
  button.addEventListener('click', () => {
    panel.hidden = !panel.hidden;
    button.setAttribute('aria-expanded', String(!panel.hidden));
    if (!panel.hidden) offer();
  });
  const section = make('div', { id: 'pc-filters' }, button, panel);
  const left = make('p', { id: 'pc-left' });
  left.setAttribute('role', 'status');
  panel.addEventListener('focusin', (event) => {
    if (event.target.list) offer();
    // In the one row of a phone, a field that is reached by keyboard comes into sight.
    event.target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });

  // What can be chosen follows the index: articles may have been added since the page was opened.
  async function offer() {
    const reply = await fetch(new URL('filters/choices', document.baseURI)).catch(() => null);
    if (!reply?.ok) return;
    const found = await reply.json();
    for (const [name, list] of Object.entries(lists)) {
      const values = found[LISTED[name]];
      if (name === 'collection') fields[name].parentElement.hidden = !values.length && !fields[name].value;
      if (values.join('\n') === [...list.options].map((one) => one.value).join('\n')) continue;
      list.replaceChildren(...values.map((value) => make('option', { value })));
    }
  }

  const typed = () => new URLSearchParams(NAMES.map((name) => [name, fields[name].value]));

  let asked = 0;
  async function count() {
    const mine = asked += 1;
    const query = typed();
    query.set('lang', language);
    let told = { line: '', problem: null };
    if (NAMES.some((name) => fields[name].value.trim())) {
      const reply = await fetch(new URL(`filters?${query}`, document.baseURI)).catch(() => null);
      if (reply?.ok) told = await reply.json();
    }
    if (mine !== asked) return;
    if (left.textContent !== told.line) left.textContent = told.line;
    for (const name of NAMES) {
      if (told.problem === name) fields[name].setAttribute('aria-invalid', 'true');
      else fields[name].removeAttribute('aria-invalid');
    }
  }

  let soon = null;
  function changed() {
    onChange(`${typed()}`);
    clearTimeout(soon);
    soon = setTimeout(count, 150);
  }

  for (const [name, value] of new URLSearchParams(kept)) {
    if (fields[name]) fields[name].value = value;
  }
  count();

  return {
    values: () => Object.fromEntries([...typed()].filter(([, value]) => value.trim())),
    // Gradio draws its page after this script has begun.
    place: () => {
      const tools = document.querySelector('#pc-tools');
      if (tools && section.parentElement !== tools) tools.append(section);
      const dock = document.querySelector('#pc-dock');
      if (dock && left.parentElement !== dock) dock.append(left);
    },
  };
};
