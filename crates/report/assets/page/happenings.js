// What happened: a list, sorted by time or by cost; what is chosen in it is marked in the pictures and in the address.
'use strict';

const HAPPENINGS = (() => {
  const FIRST = 12;
  let story = null;
  let variant = 0;
  let order = 'cost';
  let all = false;
  let chosen = null;
  const list = document.getElementById('happenings');
  const summary = document.getElementById('happenings-summary');
  const more = document.getElementById('happenings-more');
  const COLOURS = ['p-idle', 'p-draining', 'p-revoking', 'p-joining', 'p-syncing', 'p-assigning', 'p-fetching'];

  const of = place => story.variants[place].happenings;

  /** Where the time of a rebalance went, as a bar whose parts have their names. */
  const split = it => {
    const total = it.split ? it.split.reduce((sum, part) => sum + part, 0) : 0;
    if (!total) return '';
    const parts = it.split.map((length, index) => ({ length, index })).filter(({ length }) => length > 0);
    const bar = parts.map(({ length, index }) => `<span style="width:${length / total * 100}%;background:var(--${COLOURS[index]})"></span>`).join('');
    const names = parts.map(({ length, index }) => `<li><i style="background:var(--${COLOURS[index]})"></i>${story.parts[index]} ${FORMAT.length(length)}</li>`).join('');
    return `<span class="split" aria-hidden="true">${bar}</span><ul class="parts">${names}</ul>`;
  };

  const cost = it => {
    const parts = [];
    if (it.unread) parts.push(`<b>${FORMAT.count(Math.round(it.unread / 100) / 10)} s</b> of partition time unread`);
    if (it.still) parts.push(`<b>whole group still</b> for ${FORMAT.length(it.still)}`);
    if (it.records) parts.push(`${FORMAT.count(it.records)} records waited`);
    return parts.join(' · ') || 'nothing stopped';
  };

  const entry = it => {
    const item = document.createElement('li');
    const open = it === chosen;
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-expanded', String(open));
    button.innerHTML = `<span class="when">${FORMAT.clock(it.at)}</span><span class="what"></span><span class="cost">${cost(it)}</span>`;
    button.querySelector('.what').textContent = `${it.title}${it.start ? ' (start-up)' : ''}`;
    button.addEventListener('click', () => choose(open ? null : it));
    item.append(button);
    if (open) {
      const detail = document.createElement('div');
      detail.className = 'detail';
      const text = document.createElement('p');
      text.textContent = it.detail;
      detail.append(text);
      detail.insertAdjacentHTML('beforeend', split(it));
      const link = document.createElement('a');
      link.href = address(it);
      link.textContent = 'Link to this moment';
      detail.append(link);
      item.append(detail);
    }
    return item;
  };

  const address = it => `#v=${variant}&t=${FORMAT.clock(it.at, 3)}`;

  const render = () => {
    const entries = of(variant);
    const sorted = order === 'cost' ? [...entries].sort((one, other) => one.start - other.start || other.unread - one.unread || one.at - other.at) : entries;
    const shown = all ? sorted : sorted.slice(0, FIRST);
    if (chosen && !shown.includes(chosen) && sorted.includes(chosen)) shown.unshift(chosen);
    list.replaceChildren(...shown.map(entry));
    more.hidden = entries.length <= FIRST;
    more.textContent = all ? `Show the first ${FIRST} only` : `Show all ${FORMAT.count(entries.length)}`;
    more.setAttribute('aria-expanded', String(all));
    const later = entries.filter(it => !it.start);
    const total = later.reduce((sum, it) => sum + it.unread, 0);
    const still = later.reduce((sum, it) => sum + it.still, 0);
    summary.textContent = later.length
      ? `${later.length === 1 ? 'Once' : `${FORMAT.count(later.length)} times`} after the start-up; ${FORMAT.count(total / 1000)} s of partition time unread in all${still ? `, the whole group stood still for ${FORMAT.length(still)}` : ''}.`
      : 'Nothing after the start-up.';
    for (const button of document.querySelectorAll('[data-happened]')) button.setAttribute('aria-pressed', String(Number(button.dataset.happened) === variant));
  };

  /** Opens an entry, marks it in the pictures and shows the time around it. */
  const choose = (it, zoom = true) => {
    chosen = it;
    render();
    if (!it) {
      LANES.highlight(null);
      history.replaceState(null, '', '#happened');
      return;
    }
    history.replaceState(null, '', address(it));
    LANES.highlight({ variant, from: it.at, to: Math.max(it.to, it.at + 1) });
    const around = Math.max(5000, (it.to - it.at) * 1.5);
    if (zoom) CHARTS.show(it.at - around, it.to + around);
    PAGE.say(`${FORMAT.clock(it.at)}: ${it.title}. ${it.detail}`);
  };

  /** What was under way at a moment, or began last before it. */
  const at = (place, moment, zoom = false) => {
    const entries = of(place);
    const under = entries.filter(it => it.at <= moment + 1 && it.to >= moment - 1);
    const near = [...entries].sort((one, other) => Math.abs(one.at - moment) - Math.abs(other.at - moment));
    const it = under.sort((one, other) => other.unread - one.unread)[0] || near.filter(one => Math.abs(one.at - moment) < 30000)[0];
    variant = place;
    if (it) choose(it, zoom);
    else render();
    return it;
  };

  /** The variant in which partitions were unread for longest. */
  const worst = () => {
    const costs = story.variants.map(each => each.happenings.reduce((sum, it) => sum + (it.start ? 0 : it.unread), 0));
    return costs.indexOf(Math.max(...costs));
  };

  const start = unpacked => {
    story = unpacked;
    variant = worst();
    const bar = document.getElementById('happened-variants');
    if (story.variants.length > 1) {
      story.variants.forEach((_, place) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.dataset.happened = String(place);
        button.innerHTML = `${CHARTS.sample(place)} `;
        button.append(CHARTS.variants[place].name);
        button.addEventListener('click', () => {
          variant = place;
          all = false;
          choose(null);
        });
        bar.append(button);
      });
    }
    for (const button of document.querySelectorAll('[data-order]')) {
      button.addEventListener('click', () => {
        order = button.dataset.order;
        for (const other of document.querySelectorAll('[data-order]')) other.setAttribute('aria-pressed', String(other === button));
        render();
      });
    }
    more.addEventListener('click', () => {
      all = !all;
      render();
    });
    render();
  };

  return { start, at, worst, choose, count: place => of(place).length };
})();
