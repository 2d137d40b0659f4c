// Puts the parts together: variants that can be hidden, buttons for zoom, the table, moments in the address.
'use strict';

const PAGE = (() => {
  let ready = false;
  let told = 0;
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
          LANES.visible();
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

  /**
   * `#t=1:13` tells what happened then, `#t=1:13,1:20` shows the time between two moments; `v=2` says of which variant, by
   * place or by name, if it is not the one with the longest pauses.
   */
  const address = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    if (!parts.has('t')) return;
    const [from, to] = parts.get('t').split(',').map(FORMAT.moment);
    if (from === null) return;
    const named = CHARTS.variants.findIndex(variant => variant.name === parts.get('v'));
    const number = parts.has('v') && /^\d{1,4}$/.test(parts.get('v')) ? Number(parts.get('v')) : -1;
    const place = named >= 0 ? named : number;
    if (typeof to === 'number') CHARTS.show(from, to);
    else if (!ready) CHARTS.show(from - 30000, from + 30000);
    else {
      const variant = place >= 0 && place < told ? place : HAPPENINGS.worst();
      if (!HAPPENINGS.at(variant, from, true)) CHARTS.show(from - 30000, from + 30000);
    }
    const section = document.getElementById('happened');
    if (section) section.scrollIntoView();
  };

  const start = () => {
    CHARTS.start();
    variants();
    zoom();
    table();
    addEventListener('hashchange', address);
    STORY.unpack().then(story => {
      if (story) {
        told = story.variants.length;
        CHARTS.told(story);
        LANES.start(story);
        HAPPENINGS.start(story);
        echarts.connect('time');
        ready = true;
      }
      address();
      document.documentElement.dataset.ready = 'yes';
    }).catch(error => {
      document.getElementById('lanes-hint').textContent = `The time lines cannot be shown: ${error.message}.`;
      document.documentElement.dataset.ready = 'no';
    });
  };

  return { start, say };
})();

PAGE.start();
