// Questions on their way to the server: kept in the browser until it says that it has them, and sent again
// while it does not, such as when it is being restarted. A question's own id lets it be asked once.
window.pressciteOutbox = ({ key, read, write, newKey, post, taken, refused, told }) => {
  const NAME = 'presscite:outbox';
  const AGAIN_MS = 700;
  const DAY_MS = 86_400_000;
  // What cannot be stored is at least kept while the page is open.
  let unstored = [];
  const stored = () => [read(NAME, [])].flat().filter((one) => typeof one === 'object' && one);
  const all = () => [...stored(), ...unstored].filter((one) => Date.now() - one.at < DAY_MS);
  const mine = () => all().filter((one) => one.key === key);
  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

  function put(question) {
    const entry = { key, id: newKey(), at: Date.now(), ...question };
    if (!write(NAME, [...stored(), entry])) unstored.push(entry);
    deliver();
  }

  function drop(id) {
    unstored = unstored.filter((one) => one.id !== id);
    write(NAME, all().filter((one) => one.id !== id && !unstored.includes(one)));
  }

  let delivering = false;
  async function deliver() {
    if (delivering) return;
    delivering = true;
    for (let [next] = mine(); next; [next] = mine()) {
      const { id, question, filters, standalone, lang } = next;
      const reply = await post({ id, question, filters, standalone, lang }).catch(() => null);
      const body = reply && await reply.json().catch(() => null);
      if (reply?.ok && body) {
        drop(id);
        told(null);
        // It is on the server: what goes wrong in showing it keeps no other question back.
        await taken(body).catch(() => null);
      } else if (reply && reply.status < 500 && ![408, 429].includes(reply.status)) {
        drop(id);
        refused(body?.error ?? String(reply.status), question);
      } else {
        told(question);
        await pause(AGAIN_MS);
      }
    }
    delivering = false;
  }

  return { put, deliver };
};
