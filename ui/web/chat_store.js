// What the browser keeps; and what only the open page does, where the browser's storage is blocked or full.
window.pressciteStore = () => {
  const LIST = 'presscite:conversations';
  const LAST = 'presscite:last';
  const itemOf = (key) => `presscite:conversation:${key}`;

  // The tab's history, which no link can write, lasts through a reload without any storage. Gradio reloads
  // the page by itself once a server is there again.
  const tab = history.state?.presscite ?? {};
  // What could not be stored, by name, as JSON.
  const unstored = new Map(Object.entries(tab.unstored ?? {}));
  function remember(more = {}, address = location.href) {
    Object.assign(tab, more, { unstored: Object.fromEntries(unstored) });
    try {
      history.replaceState({ presscite: tab }, '', address);
    } catch {
      history.replaceState({ presscite: { ...tab, unstored: {} } }, '', address);
    }
  }

  function stored(name) {
    try { return localStorage.getItem(name); } catch { return null; }
  }

  // Of a conversation the page has what is newer than what is stored; the rest other pages write too.
  const held = (name) => name.startsWith(itemOf('')) ? unstored.get(name) ?? stored(name)
    : stored(name) ?? unstored.get(name);

  function read(name, otherwise) {
    try { return JSON.parse(held(name) ?? null) ?? otherwise; } catch { return otherwise; }
  }

  // Returns whether it outlasts the page.
  function write(name, value) {
    const written = JSON.stringify(value);
    try {
      localStorage.setItem(name, written);
      if (unstored.delete(name)) remember();
      return true;
    } catch {
      unstored.set(name, written);
      remember();
      return false;
    }
  }

  // What is no list and no conversation, as another version or another page may leave it, is passed over.
  const listOf = (value) => Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one) : [];

  function list() {
    return listOf(read(LIST, [])).filter((one) => /^[0-9a-f]{32}$/.test(one.key)
      && typeof one.name === 'string' && Number.isFinite(one.updated));
  }

  function conversation(key) {
    const { turns, filters } = read(itemOf(key), {});
    return { turns: listOf(turns), filters: typeof filters === 'string' ? filters : undefined };
  }

  function forget(key) {
    if (unstored.delete(itemOf(key))) remember();
    try { localStorage.removeItem(itemOf(key)); } catch { /* no storage: nothing was kept */ }
    write(LIST, list().filter((one) => one.key !== key));
  }

  // Drops what was typed into the filters of conversations in which nothing was asked.
  function tidy(known) {
    try {
      for (const name of Object.keys(localStorage).filter((one) => one.startsWith(itemOf('')))) {
        if (!known(name.slice(itemOf('').length))) localStorage.removeItem(name);
      }
    } catch { /* no storage: nothing was kept */ }
  }

  return { LIST, LAST, itemOf, read, write, list, conversation, forget, tidy, tab, remember,
    // Which conversation is open is the first that is written.
    keepsNothing: () => stored(LAST) === null };
};
