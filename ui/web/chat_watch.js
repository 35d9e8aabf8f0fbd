// Looks after what the server took and has not answered: Gradio's page waits for ever for a server that
// has gone. Says so while it is away, and has the page go on once it, or the next one, is there.
window.pressciteWatch = ({ waits, look, away }) => {
  const EVERY_MS = 1500;
  // A single failure may be a connection that was closed between two requests.
  const AWAY_AFTER = 2;
  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

  let watching = false;
  return async () => {
    if (watching) return;
    watching = true;
    let failures = 0;
    while (waits()) {
      await pause(EVERY_MS);
      if (!waits()) break;
      const answered = await look().then(() => true, () => false);
      failures = answered ? 0 : failures + 1;
      away(failures >= AWAY_AFTER);
    }
    away(false);
    watching = false;
  };
};
