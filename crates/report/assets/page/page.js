// Puts the parts together: variants that can be hidden, buttons for zoom, the table, moments in the address.
'use strict';

const PAGE = (() => {
  const spoken = document.getElementById('spoken');

  /** Says something to who does not see it. */
  const say = text => {
    spoken.textContent = text;
  };

  /** A button a variant, in every bar of tools. */
  const variants = () => {
    const bars = document.querySelectorAll('[data-variants]');
    if (CHARTS.variants.length < 2) return;
    for (const bar of bars) {
      CHARTS.variants.forEach((variant, place) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.innerHTML = CHARTS.sample(place);
        button.append(variant.name);
        button.setAttribute('aria-pressed', 'true');
        button.addEventListener('click', () => {
          CHARTS.shown[place] = !CHARTS.shown[place];
          if (!CHARTS.shown.some(Boolean)) CHARTS.shown.fill(true);
          for (const each of document.querySelectorAll('[data-variants]')) {
            [...each.children].forEach((one, index) => one.setAttribute('aria-pressed', String(CHARTS.shown[index])));
          }
          CHARTS.redraw();
          say(`${variant.name} is ${CHARTS.shown[place] ? 'shown' : 'hidden'}`);
        });
        bar.append(button);
      });
    }
  };

  const zoom = () => {
    for (const button of document.querySelectorAll('[data-zoom]')) {
      button.addEventListener('click', () => {
        const [from, to] = CHARTS.window();
        const [middle, length] = [(from + to) / 2, to - from];
        const factor = { in: 0.5, out: 2 }[button.dataset.zoom];
        const [first, last] = factor ? [middle - length * factor / 2, middle + length * factor / 2] : [0, CHARTS.end];
        CHARTS.show(Math.max(0, first), Math.min(CHARTS.end, last));
        const [shownFrom, shownTo] = CHARTS.window();
        say(`shown: ${FORMAT.clock(shownFrom)} to ${FORMAT.clock(shownTo)}`);
      });
    }
  };

  const table = () => {
    const button = document.getElementById('more');
    const rows = document.querySelectorAll('tr.more');
    if (!rows.length) button.hidden = true;
    button.addEventListener('click', () => {
      const open = button.getAttribute('aria-expanded') !== 'true';
      button.setAttribute('aria-expanded', String(open));
      button.textContent = open ? 'Show the headlines only' : 'Show every figure';
      for (const row of rows) row.hidden = !open;
    });
  };

  /** `#t=1:13` shows the minute around that moment, `#t=1:13,1:20` the time between two. */
  const address = () => {
    const at = /(?:^#|&)t=([^&]*)/.exec(location.hash);
    if (!at) return;
    const [from, to] = decodeURIComponent(at[1]).split(',').map(FORMAT.moment);
    if (from === null || from === undefined) return;
    CHARTS.show(to ? from : from - 30000, to || from + 30000);
  };

  const start = () => {
    CHARTS.start();
    variants();
    zoom();
    table();
    address();
    addEventListener('hashchange', address);
    document.documentElement.dataset.ready = 'yes';
  };

  return { start, say };
})();

PAGE.start();
