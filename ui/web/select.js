// On an article's page that asks where the right answer stands: words selected in the text fill the form
// below it, with their place in the article, and one click sends them. Without this script they are pasted.
(() => {
  'use strict';
  const form = document.querySelector('form[data-select]');
  const article = document.querySelector('article');
  if (!form || !article) return;
  const { words, start, end } = form.elements;
  const send = form.querySelector('button[value="here"]');

  const bar = document.createElement('div');
  bar.className = 'selected';
  const told = document.createElement('p');
  told.setAttribute('role', 'status');
  told.textContent = form.dataset.select;
  const keep = document.createElement('button');
  keep.type = 'button';
  keep.textContent = form.dataset.keep;
  keep.hidden = true;
  keep.addEventListener('click', () => form.requestSubmit(send));
  bar.append(told, keep);
  document.body.append(bar);

  // Offsets count characters as the server does, not the two halves of one outside of the first plane;
  // the marks of a document's pages are no part of its text.
  function textBefore(line, node, offset) {
    const range = document.createRange();
    range.selectNodeContents(line);
    if (node) range.setEnd(node, offset);
    const part = range.cloneContents();
    for (const mark of part.querySelectorAll('.page')) mark.remove();
    return [...part.textContent];
  }

  function selectedIn(range) {
    const parts = [];
    for (const line of article.querySelectorAll('p[data-start]')) {
      if (!range.intersectsNode(line)) continue;
      const from = line.contains(range.startContainer)
        ? textBefore(line, range.startContainer, range.startOffset).length : 0;
      const to = line.contains(range.endContainer)
        ? textBefore(line, range.endContainer, range.endOffset).length : Infinity;
      const chosen = textBefore(line).slice(from, to).join('');
      const kept = [...chosen.trimStart()];
      const first = Number(line.dataset.start) + from + [...chosen].length - kept.length;
      const shown = [...chosen.trim()];
      if (shown.length) parts.push({ first, last: first + shown.length, text: shown.join('') });
    }
    if (!parts.length) return null;
    return { start: parts[0].first, end: parts.at(-1).last,
      words: parts.map((part) => part.text).join('\n') };
  }

  document.addEventListener('selectionchange', () => {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const found = selectedIn(selection.getRangeAt(0));
    if (!found) return;
    const fits = found.words.length <= words.maxLength;
    told.textContent = fits ? `“${found.words}”` : form.dataset.tooLong;
    keep.hidden = !fits;
    words.value = fits ? found.words : '';
    start.value = fits ? found.start : '';
    end.value = fits ? found.end : '';
  });

  // Words that are typed or pasted are looked for, wherever they stand.
  words.addEventListener('input', () => { start.value = ''; end.value = ''; });

  if (location.hash === '#correct') {
    (document.getElementById('quote') ?? article).scrollIntoView();
  }
})();
