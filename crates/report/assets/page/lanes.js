// Time lines of members and partitions: a panel a variant, a line a member or partition, drawn into a picture that ECharts
// places between its axes and moves with its zoom. What is shorter than a pixel still gets one if it is no good news.
'use strict';

const LANES = (() => {
  /** How a phase is drawn: colour, height of its bar, and how much it wants to be seen where there is no room for all. */
  const PHASES = {
    consuming: ['p-consuming', 1, 0], idle: ['p-idle', 0.35, 1], down: ['p-down', 0.12, 8], starting: ['p-starting', 0.3, 7],
    joining: ['p-joining', 0.6, 5], syncing: ['p-syncing', 0.6, 4], draining: ['p-draining', 0.8, 3], revoking: ['p-revoking', 0.8, 6],
    assigning: ['p-assigning', 0.8, 3], 'fetching offsets': ['p-fetching', 0.8, 2], hung: ['p-hung', 0.45, 9], 'cut off': ['p-cut', 0.3, 9], leaving: ['p-leaving', 0.45, 7],
  };
  const OWNERS = 8;
  const panels = [];
  let story = null;
  let view = 'members';
  let mark = null;
  const tip = document.body.appendChild(document.createElement('div'));
  tip.className = 'tooltip';
  tip.hidden = true;

  /** A colour as a pixel of a canvas. */
  const pixel = colour => {
    const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
    return (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
  };

  /** How kinds are drawn: those of members are phases, those of partitions owners. */
  const styles = () => {
    const style = ([name, height, rank]) => ({ colour: pixel(THEME.colour(name)), height, rank });
    if (view === 'members') {
      const known = story.phases.map(name => style(PHASES[name]));
      return kind => known[kind];
    }
    const owners = Array.from({ length: OWNERS }, (_, index) => style([`o${index}`, 1, 0]));
    const nobody = style(['gap', 0.4, 9]);
    return kind => (kind === STORY.NOBODY ? nobody : kind === STORY.UNBORN ? null : owners[kind % OWNERS]);
  };

  /**
   * Draws the lines for the time from `from` to `to` into a canvas. The first line begins at pixel `first`, each is `each`
   * pixels high; with less than a pixel a line, only as many are drawn as there are pixels. In each column of pixels the
   * span is drawn that wants most to be seen.
   */
  const paint = (panel, width, height, from, to, first, each) => {
    const canvas = panel.canvas || (panel.canvas = document.createElement('canvas'));
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext('2d');
    const image = pen.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const columns = new Array(width);
    const style = styles();
    const scale = width / (to - from);
    const skip = Math.max(1, Math.ceil(1 / each));
    const begin = Math.max(0, Math.floor(-first / each / skip) * skip);
    for (let place = begin; place < panel.lines.length; place += skip) {
      const top = Math.round(first + place * each);
      if (top >= height) break;
      const whole = Math.max(1, Math.round(first + (place + skip) * each) - top);
      const room = whole >= 5 ? whole - 1 : whole;
      const line = panel.lines[place];
      columns.fill(null);
      for (let index = STORY.find(line, from); index < line.count && line.at[index] < to; index += 1) {
        const own = style(line.kind[index]);
        if (!own) continue;
        const left = Math.max(0, Math.floor((line.at[index] - from) * scale));
        const right = Math.min(width, Math.max(left + 1, Math.floor((line.at[index + 1] - from) * scale)));
        for (let column = left; column < right; column += 1) {
          if (!columns[column] || columns[column].rank < own.rank) columns[column] = own;
        }
      }
      for (let left = 0; left < width;) {
        const own = columns[left];
        let right = left + 1;
        while (right < width && columns[right] === own) right += 1;
        if (own) {
          const tall = room < 3 ? room : Math.max(1, Math.round(room * own.height));
          const high = top + Math.floor((room - tall) / 2);
          for (let y = Math.max(0, high); y < Math.min(height, high + tall); y += 1) pixels.fill(own.colour, y * width + left, y * width + right);
        }
        left = right;
      }
    }
    pen.putImageData(image, 0, 0);
    return canvas;
  };

  const option = panel => () => {
    const names = panel.names;
    const render = (params, api) => {
      const box = params.coordSys;
      const origin = api.coord([0, 0]);
      const far = api.coord([CHARTS.end, 0]);
      const moment = x => (x - origin[0]) / (far[0] - origin[0]) * CHARTS.end;
      const band = api.size([0, 1])[1];
      const ratio = Math.min(devicePixelRatio || 1, 2);
      const first = (origin[1] - band / 2 - box.y) * ratio;
      const size = length => Math.max(1, Math.round(length * ratio));
      const place = { x: box.x, y: box.y, width: box.width, height: box.height };
      // What nobody sees is drawn when somebody does.
      if (!panel.seen && panel.canvas) {
        panel.stale = true;
        return { type: 'image', style: { image: panel.canvas, ...place }, silent: true };
      }
      const image = paint(panel, size(box.width), size(box.height), moment(box.x), moment(box.x + box.width), first, band * ratio);
      return { type: 'image', style: { image, ...place }, silent: true };
    };
    const few = names.length <= 60;
    // A name in every fifteen pixels at most.
    const labels = Math.max(1, Math.ceil(names.length * (panel.rows[1] - panel.rows[0]) / 100 * 15 / (height(panel) - 30)));
    const zooms = CHARTS.zoom();
    if (!few) {
      zooms.push({
        id: 'y', type: 'slider', yAxisIndex: 0, start: panel.rows[0], end: panel.rows[1], filterMode: 'none', width: 14, right: 2, showDetail: false, brushSelect: false, handleSize: '120%',
        borderColor: THEME.colour('line'), fillerColor: THEME.colour('sunk'), showDataShadow: false, minValueSpan: 8,
      });
    }
    const marked = mark && mark.variant === panel.variant ? {
      silent: true, itemStyle: { color: THEME.colour('mark'), opacity: 0.18 }, data: [[{ xAxis: mark.from }, { xAxis: mark.to }]],
    } : undefined;
    const line = marked && {
      silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: THEME.colour('mark'), width: 1.5, type: 'solid' },
      data: [{ xAxis: mark.from }, { xAxis: mark.to }],
    };
    return {
      useUTC: true, animation: false, textStyle: CHARTS.fonts,
      grid: { ...CHARTS.sides(), top: 4, bottom: 24 },
      xAxis: CHARTS.time(),
      yAxis: {
        type: 'category', data: names, inverse: true, ...CHARTS.axis({ axisLabel: { width: CHARTS.sides().left - 10, overflow: 'truncate', interval: index => index % labels === 0, fontSize: 11 } }),
        splitLine: { show: false }, axisPointer: { show: false },
      },
      dataZoom: zooms, tooltip: { show: false },
      series: [
        { type: 'custom', renderItem: render, data: [[0, 0]], encode: { x: 0, y: 1 }, clip: true, silent: true },
        { type: 'line', data: [[0, null], [CHARTS.end, null]], silent: true, z: 6, showSymbol: false, markArea: marked, markLine: line },
      ],
    };
  };

  const height = panel => {
    const rows = panel.names.length;
    return panel.large ? Math.max(220, Math.min(900, rows * 12)) + 30 : Math.max(60, Math.min(190, rows * 16)) + 30;
  };

  /** What a line is at a moment, in words. */
  const words = (panel, place, index) => {
    const line = panel.lines[place];
    const [from, to, kind] = [line.at[index], line.at[index + 1], line.kind[index]];
    let what;
    if (view === 'members') what = story.phases[kind];
    else if (kind === STORY.NOBODY) what = 'read by nobody';
    else if (kind === STORY.UNBORN) what = 'not there yet';
    else what = `read by ${panel.members[kind] ?? 'a member'}`;
    return { name: panel.names[place], what, when: `${FORMAT.clock(from, 3)} to ${FORMAT.clock(to, 3)}`, length: FORMAT.length(to - from) };
  };

  const show = (panel, x, y, place, index) => {
    const { name, what, when, length } = words(panel, place, index);
    tip.innerHTML = `<b>${FORMAT.escape(name)}</b> ${FORMAT.escape(what)}<br><small>${when} (${length})</small>`;
    tip.hidden = false;
    const box = panel.element.getBoundingClientRect();
    const left = Math.min(box.left + x + 14, innerWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(8, left)}px`;
    const below = box.top + y + 18;
    tip.style.top = `${below + tip.offsetHeight > innerHeight ? box.top + y - tip.offsetHeight - 12 : below}px`;
    return `${name}: ${what}, ${when}`;
  };

  const hide = () => {
    tip.hidden = true;
  };

  addEventListener('scroll', hide, { passive: true });

  const listen = panel => {
    const zr = panel.chart.getZr();
    zr.on('mousemove', event => {
      const point = [event.offsetX, event.offsetY];
      if (!panel.chart.containPixel('grid', point)) return hide();
      const [at, place] = panel.chart.convertFromPixel({ xAxisIndex: 0, yAxisIndex: 0 }, point);
      const line = panel.lines[place];
      if (!line || !line.count) return hide();
      panel.cursor = { place, at };
      show(panel, point[0], point[1], place, STORY.find(line, at));
      return undefined;
    });
    zr.on('globalout', hide);
    zr.on('click', event => {
      const point = [event.offsetX, event.offsetY];
      if (!panel.chart.containPixel('grid', point)) return;
      HAPPENINGS.at(panel.variant, panel.chart.convertFromPixel({ xAxisIndex: 0 }, point[0]));
    });
    panel.element.addEventListener('keydown', event => {
      const cursor = panel.cursor || (panel.cursor = { place: 0, at: CHARTS.window()[0] });
      const line = panel.lines[cursor.place];
      const index = STORY.find(line, cursor.at);
      const [from, to] = CHARTS.window();
      if (event.key === 'ArrowRight') cursor.at = line.at[Math.min(index + 1, line.count - 1)];
      else if (event.key === 'ArrowLeft') cursor.at = line.at[Math.max(index - 1, 0)];
      else if (event.key === 'ArrowDown') cursor.place = Math.min(cursor.place + 1, panel.lines.length - 1);
      else if (event.key === 'ArrowUp') cursor.place = Math.max(cursor.place - 1, 0);
      else if (event.key === 'Enter') HAPPENINGS.at(panel.variant, cursor.at);
      else if (event.key === '+') CHARTS.show(cursor.at - (to - from) / 4, cursor.at + (to - from) / 4);
      else if (event.key === '-') CHARTS.show(cursor.at - (to - from), cursor.at + (to - from));
      else if (event.key === 'Escape') return hide();
      else return undefined;
      event.preventDefault();
      if (cursor.at < from || cursor.at > to) CHARTS.show(cursor.at - (to - from) / 2, cursor.at + (to - from) / 2);
      const [x, y] = panel.chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [cursor.at, cursor.place]);
      PAGE.say(show(panel, x, y, cursor.place, STORY.find(panel.lines[cursor.place], cursor.at)));
      return undefined;
    });
    panel.element.addEventListener('blur', hide);
  };

  /** Takes the lines of the view that is chosen. */
  const fill = panel => {
    const variant = story.variants[panel.variant];
    panel.members = variant.members.names;
    panel.lines = variant[view].lines;
    panel.names = variant[view].names;
    panel.cursor = null;
    panel.rows = [0, 100];
    panel.canvas = null;
    panel.element.style.height = `${height(panel)}px`;
    const what = view === 'members' ? 'what each member does' : 'who reads each partition';
    panel.element.setAttribute('aria-label', `${CHARTS.variants[panel.variant].name}: ${what}, over time. Arrow keys move from line to line and from change to change; plus and minus zoom; Enter tells what happened.`);
  };

  const legend = () => {
    const place = document.getElementById('lane-legend');
    const item = (colour, tall, name) => `<li><svg width="22" height="14" aria-hidden="true"><rect x="0" y="${7 - 7 * tall}" width="22" height="${14 * tall}" fill="var(--${colour})"/></svg>${FORMAT.escape(name)}</li>`;
    if (view === 'members') {
      const used = new Set();
      for (const variant of story.variants) for (const line of variant.members.lines) for (let index = 0; index < line.count; index += 1) used.add(line.kind[index]);
      place.innerHTML = story.phases.map((name, kind) => (used.has(kind) ? item(PHASES[name][0], PHASES[name][1], name) : '')).join('');
    } else {
      place.innerHTML = item('o0', 1, 'read (a colour a member, as far as colours go)') + item('gap', 0.4, 'read by nobody');
    }
  };

  const draw = panel => CHARTS.drawn.filter(({ chart }) => chart === panel.chart).forEach(CHARTS.draw);

  const watch = new IntersectionObserver(entries => {
    for (const entry of entries) {
      const panel = panels.find(({ element }) => element === entry.target);
      panel.seen = entry.isIntersecting;
      if (panel.seen && panel.stale) {
        panel.stale = false;
        draw(panel);
      }
    }
  }, { rootMargin: '200px' });

  addEventListener('beforeprint', () => {
    for (const panel of panels) {
      panel.seen = true;
      draw(panel);
    }
  });

  const visible = () => {
    for (const panel of panels) panel.box.hidden = !CHARTS.shown[panel.variant];
  };

  const refresh = () => {
    legend();
    for (const panel of panels) {
      fill(panel);
      panel.chart.resize();
    }
    CHARTS.redraw();
  };

  const start = unpacked => {
    story = unpacked;
    const parent = document.getElementById('lanes');
    document.getElementById('lanes-hint').remove();
    story.variants.forEach((_, variant) => {
      const box = document.createElement('figure');
      box.className = 'lane';
      box.innerHTML = `<figcaption>${CHARTS.sample(variant)} <b></b> <button type="button" aria-pressed="false">Enlarge</button></figcaption><div class="plot" tabindex="0" role="application" id="lane-${variant}"></div>`;
      box.querySelector('b').textContent = CHARTS.variants[variant].name;
      parent.append(box);
      const panel = { variant, box, element: box.querySelector('.plot'), large: story.variants.length === 1 };
      fill(panel);
      panels.push(panel);
      panel.chart = CHARTS.add(panel.element.id, option(panel));
      panel.chart.on('datazoom', event => {
        const { dataZoomId, start: first, end: last } = event.batch ? event.batch[0] : event;
        if (dataZoomId !== 'y') return;
        panel.rows = [first, last];
        clearTimeout(panel.due);
        panel.due = setTimeout(() => draw(panel), 150);
      });
      listen(panel);
      watch.observe(panel.element);
      const button = box.querySelector('button');
      button.addEventListener('click', () => {
        panel.large = !panel.large;
        button.setAttribute('aria-pressed', String(panel.large));
        panel.element.style.height = `${height(panel)}px`;
        draw(panel);
      });
    });
    for (const button of document.querySelectorAll('[data-view]')) {
      button.addEventListener('click', () => {
        view = button.dataset.view;
        for (const other of document.querySelectorAll('[data-view]')) other.setAttribute('aria-pressed', String(other === button));
        refresh();
      });
    }
    legend();
    visible();
  };

  /** Marks a time in the panels of a variant, and in the charts; none with null. */
  const highlight = marked => {
    mark = marked;
    CHARTS.redraw();
  };

  return { start, highlight, visible, marked: () => mark, panels };
})();
