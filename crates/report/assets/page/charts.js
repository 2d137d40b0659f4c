// Charts of what changes with time, and of load: options for ECharts. All that show time are zoomed together.
'use strict';

const DATA = JSON.parse(document.getElementById('data').textContent);

const CHARTS = (() => {
  const variants = DATA.variants;
  const shown = variants.map(() => true);
  const end = Math.max(1, ...variants.map(variant => variant.end));
  const drawn = [];
  let story = null;
  /** The time that is shown, and the chart that the pointer is over: only that one tells values. */
  let shownTime = [0, end];
  let pointed = null;
  let latency = 'max';

  /** Room beside all pictures that share the axis of time, so that moments stand below each other. */
  const sides = () => ({ left: innerWidth < 720 ? 62 : 92, right: 24 });

  const fonts = { fontFamily: getComputedStyle(document.body).fontFamily };

  /** An axis with quiet lines. */
  const axis = (more = {}) => ({
    axisLine: { lineStyle: { color: THEME.colour('line') } },
    axisTick: { show: false },
    axisLabel: { color: THEME.colour('soft'), ...fonts, hideOverlap: true, ...more.axisLabel },
    splitLine: { lineStyle: { color: THEME.colour('line') } },
    ...more.axis,
  });

  /** The axis of time, the same in all charts. */
  const time = (more = {}) => ({
    type: 'time', min: 0, max: end,
    ...axis({ axisLabel: { formatter: value => FORMAT.clock(value) } }),
    splitLine: { show: false },
    axisPointer: { show: true, type: 'line', snap: false, label: { show: false }, lineStyle: { color: THEME.colour('soft') } },
    ...more,
  });

  /** Ctrl and wheel, pinch, drag. */
  const zoom = () => [{
    id: 'x', type: 'inside', xAxisIndex: 0, startValue: shownTime[0], endValue: shownTime[1], filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: true, moveOnMouseWheel: false,
    preventDefaultMouseMove: false, minValueSpan: 50,
  }];

  /** What a picture shows, for who does not see it. */
  const aria = (id, rows) => {
    const element = document.getElementById(id);
    const caption = element.closest('figure').querySelector('h3').textContent;
    const most = rows.map(row => `${row.name}: ${row.text}`).join('; ');
    return { enabled: true, label: { enabled: true, description: `${caption}. ${most}. All values are in the files beside this page.` } };
  };

  /** The largest value of a variant's flow, and when. */
  const largest = (variant, values, words) => {
    const place = values.reduce((best, value, index) => (value > values[best] ? index : best), 0);
    return { name: variant.name, text: values.length ? `at most ${words(values[place])}, at ${FORMAT.clock(place * variant.flow.bucket)}` : 'nothing' };
  };

  const tooltip = formatter => ({
    trigger: 'axis', confine: true, transitionDuration: 0,
    // Charts that are zoomed together also point together; one tells.
    formatter: hits => (pointed && hits.length ? formatter(hits) : ''),
    backgroundColor: THEME.colour('card'), borderColor: THEME.colour('line'), textStyle: { color: THEME.colour('ink'), ...fonts, fontSize: 13 },
  });

  /** A sample of a variant's line. */
  const sample = place => {
    const dash = THEME.stroke(place).join(' ');
    return `<svg width="24" height="8" aria-hidden="true"><line x1="0" y1="4" x2="24" y2="4" stroke="var(--v${place % 6})" stroke-width="3" stroke-dasharray="${dash}"/></svg>`;
  };

  /** Values of all variants at one moment, the largest first. */
  const lines = (head, rows) => {
    const body = rows.map(row => `<tr><td>${sample(row.place)}</td><td style="text-align:left;padding:0 .8em 0 .5em">${FORMAT.escape(row.name)}</td><td>${row.text}</td></tr>`);
    return `<b>${FORMAT.escape(head)}</b><table class="tip">${body.join('')}</table>`;
  };

  /** A line a variant. `of` gives the values of a variant's flow, `words` says one. */
  const line = (id, of, words, short, extra = () => []) => () => {
    const series = [];
    variants.forEach((variant, place) => {
      if (!variant.flow || !shown[place]) return;
      const values = of(variant.flow);
      const { bucket } = variant.flow;
      const points = values.map((value, index) => [index * bucket, value]);
      if (points.length) points.push([Math.min(values.length * bucket, end), values[values.length - 1]]);
      series.push({ ...strokes(place, variant.name), data: points, step: 'end', showSymbol: false });
    });
    const tell = hits => {
      const at = hits[0].axisValue;
      const rows = [];
      variants.forEach((variant, place) => {
        if (!variant.flow || !shown[place]) return;
        const values = of(variant.flow);
        const value = values[Math.min(Math.floor(at / variant.flow.bucket), values.length - 1)];
        if (value !== undefined) rows.push({ place, name: variant.name, value, text: words(value) });
      });
      const { bucket } = variants.find(variant => variant.flow).flow;
      const from = Math.floor(at / bucket) * bucket;
      rows.sort((one, other) => other.value - one.value);
      return lines(`${FORMAT.clock(from)} to ${FORMAT.clock(Math.min(from + bucket, end))}`, rows);
    };
    return {
      useUTC: true, animation: false, textStyle: fonts, aria: aria(id, variants.filter(variant => variant.flow).map(variant => largest(variant, of(variant.flow), words))),
      grid: { ...sides(), top: 16, bottom: 28 },
      xAxis: time(), yAxis: { type: 'value', min: 0, ...axis({ axisLabel: { formatter: short } }) },
      dataZoom: zoom(), tooltip: tooltip(tell), series: [...extra(), ...series],
    };
  };

  /** What producers write, the same for all: taken from the first variant that has records. */
  const produced = () => {
    const first = variants.find(variant => variant.flow);
    const { bucket } = first.flow;
    const points = first.flow.produced.map((value, index) => [index * bucket, value * 1000 / bucket]);
    points.push([end, points.length ? points[points.length - 1][1] : 0]);
    return [{
      id: 'produced', type: 'line', data: points, step: 'end', showSymbol: false, silent: true, animation: false,
      lineStyle: { width: 1, color: THEME.colour('produced') }, areaStyle: { color: THEME.colour('produced'), opacity: 0.22 }, emphasis: { disabled: true },
    }];
  };

  const load = () => {
    const series = [];
    variants.forEach((variant, place) => {
      if (!variant.load || !shown[place]) return;
      const points = variant.load.consumed.map((value, index) => [index + 1, value]);
      series.push({ ...strokes(place, variant.name), data: points, step: 'middle', showSymbol: points.length <= 12, symbolSize: 7 });
    });
    const most = Math.max(1, ...variants.map(variant => (variant.load ? variant.load.names.length : 0)));
    const tell = hits => {
      const rank = Math.round(hits[0].axisValue);
      const rows = [];
      variants.forEach((variant, place) => {
        if (!variant.load || !shown[place] || variant.load.consumed[rank - 1] === undefined) return;
        const busy = variant.load.busy[rank - 1] / Math.max(1, variant.end - variant.from);
        const text = `${FORMAT.escape(variant.load.names[rank - 1])}: ${FORMAT.count(variant.load.consumed[rank - 1])}${busy >= 0.005 ? `, ${Math.round(busy * 100)} % busy` : ''}`;
        rows.push({ place, name: variant.name, value: variant.load.consumed[rank - 1], text });
      });
      return lines(`number ${rank} of ${most}`, rows);
    };
    return {
      useUTC: true, animation: false, textStyle: fonts, aria: aria('chart-load', variants.filter(variant => variant.load).map(({ name, load: { consumed } }) => ({ name, text: consumed.length ? `from ${FORMAT.count(consumed[consumed.length - 1])} to ${FORMAT.count(consumed[0])} records a member` : 'nothing' }))),
      grid: { left: 64, right: 16, top: 16, bottom: 28 },
      xAxis: { type: 'value', min: 0.5, max: most + 0.5, minInterval: 1, ...axis({ axisLabel: { formatter: value => (Number.isInteger(value) ? value : '') } }), splitLine: { show: false } },
      yAxis: { type: 'value', min: 0, ...axis({ axisLabel: { formatter: FORMAT.short } }) },
      tooltip: tooltip(tell), series,
    };
  };

  const perSecond = flow => flow.consumed.map(value => value * 1000 / flow.bucket);
  const micros = value => FORMAT.length(value / 1000);
  const OPTIONS = {
    'chart-waiting': line('chart-waiting', flow => flow.waiting, FORMAT.count, FORMAT.short),
    'chart-latency': line('chart-latency', flow => flow.latency[latency], micros, micros),
    'chart-rate': line('chart-rate', perSecond, value => `${FORMAT.count(value)}/s`, FORMAT.short, produced),
    'chart-load': load,
    'chart-pauses': () => pauses(),
  };

  /** Puts a chart where it belongs; it is drawn again when colours or variants change. */
  const add = (id, option, timed = true) => {
    const element = document.getElementById(id);
    if (!element) return null;
    const chart = echarts.init(element, null, { renderer: 'canvas' });
    const entry = { id, chart, option, element, timed };
    if (timed) {
      chart.group = 'time';
      chart.on('datazoom', event => {
        const { dataZoomId, start, end: last, startValue, endValue } = event.batch ? event.batch[0] : event;
        if (dataZoomId === 'y') return;
        const values = startValue === undefined ? [start / 100 * end, last / 100 * end] : [startValue, endValue];
        if (Math.abs(values[0] - shownTime[0]) + Math.abs(values[1] - shownTime[1]) < 1e-6) return;
        shownTime = values;
        later();
      });
    }
    element.addEventListener('pointerenter', () => {
      pointed = entry;
    });
    element.addEventListener('pointerleave', () => {
      pointed = null;
    });
    drawn.push(entry);
    new ResizeObserver(() => chart.resize()).observe(element);
    draw(entry);
    return chart;
  };

  const draw = entry => entry.chart.setOption(entry.option(), { notMerge: true });

  const redraw = () => drawn.forEach(draw);

  /** Lines that are reckoned for what is shown are reckoned anew, once a frame. */
  let due = false;
  const later = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      const entry = drawn.find(({ id }) => id === 'chart-unread');
      if (entry) entry.chart.setOption({ series: unreadSeries() });
    });
  };

  /** Shows the time from one moment to another in all charts. */
  const show = (from, to) => {
    const length = Math.min(end, Math.max(50, to - from));
    const first = Math.max(0, Math.min(from, end - length));
    const entry = drawn.find(({ timed }) => timed);
    if (entry) entry.chart.dispatchAction({ type: 'dataZoom', dataZoomId: 'x', startValue: first, endValue: first + length });
  };

  /** The step of a sequence of moments that a moment falls into. */
  const step = (at, moment) => {
    let [low, high] = [0, at.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (at[middle] <= moment) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  const strokes = (place, name) => ({
    id: `v${place}`, name, type: 'line', animation: false, emphasis: { disabled: true },
    lineStyle: { color: THEME.variant(place), width: 2, type: THEME.stroke(place).length ? THEME.stroke(place) : 'solid' },
    itemStyle: { color: THEME.variant(place) },
  });

  /** The variants whose time lines are there and shown. */
  const told_ = () => story.variants.map((_, place) => place).filter(place => shown[place]);

  /** How many partitions nobody reads, at most, in each of some hundred stretches of what is shown: a strip a variant. */
  const unreadSeries = () => {
    const STRETCHES = 900;
    const [from, to] = [Math.max(0, shownTime[0]), Math.min(end, shownTime[1])];
    return told_().map((place, strip) => {
      const { at, count } = story.variants[place].unread;
      let index = step(at, from);
      const data = [];
      for (let stretch = 0; stretch < STRETCHES; stretch += 1) {
        const finish = from + (to - from) * (stretch + 1) / STRETCHES;
        let most = count[index];
        while (index + 1 < at.length && at[index + 1] < finish) {
          index += 1;
          most = Math.max(most, count[index]);
        }
        data.push([from + (to - from) * stretch / STRETCHES, most]);
      }
      data.push([to, count[index]]);
      return {
        id: `v${place}`, name: variants[place].name, type: 'line', animation: false, emphasis: { disabled: true }, data, step: 'end', showSymbol: false,
        xAxisIndex: strip, yAxisIndex: strip, lineStyle: { width: 1, color: THEME.variant(place) }, areaStyle: { color: THEME.variant(place), opacity: 0.55 },
        itemStyle: { color: THEME.variant(place) },
      };
    });
  };

  const STRIP = 68;

  const unread = () => {
    const places = told_();
    const most = Math.max(1, ...story.variants.map(variant => variant.partitions.names.length));
    const element = document.getElementById('chart-unread');
    const tall = `${places.length * STRIP + 24}px`;
    if (element.style.height !== tall) element.style.height = tall;
    const tell = hits => {
      const at = hits[0].axisValue;
      const rows = places.map(place => {
        const variant = story.variants[place];
        const value = variant.unread.count[step(variant.unread.at, at)];
        return { place, name: variants[place].name, value, text: `${FORMAT.count(value)} of ${FORMAT.count(variant.partitions.names.length)}` };
      });
      return lines(FORMAT.clock(at, 1), rows);
    };
    const each = of => places.map((place, strip) => of(place, strip));
    return {
      useUTC: true, animation: false, textStyle: fonts, aria: aria('chart-unread', places.map(place => {
        const { at, count } = story.variants[place].unread;
        const index = count.reduce((best, value, which) => (at[which] >= variants[place].from && value > count[best] ? which : best), step(at, variants[place].from));
        return { name: variants[place].name, text: `at most ${FORMAT.count(count[index])} after the start-up, at ${FORMAT.clock(at[index])}` };
      })),
      axisPointer: { link: [{ xAxisIndex: 'all' }] },
      grid: each((_, strip) => ({ ...sides(), top: strip * STRIP + 20, height: STRIP - 26 })),
      xAxis: each((_, strip) => ({ ...time({ gridIndex: strip }), ...(strip < places.length - 1 ? { axisLabel: { show: false } } : {}) })),
      yAxis: each((place, strip) => ({
        gridIndex: strip, type: 'value', min: 0, max: most, interval: most, ...axis({ axisLabel: { formatter: FORMAT.short, fontSize: 11 } }),
        name: variants[place].name, nameLocation: 'end', nameGap: 6, nameTextStyle: { align: 'left', color: THEME.colour('ink'), ...fonts, fontSize: 12, padding: [0, 0, 0, 4] },
      })),
      dataZoom: [{ ...zoom()[0], xAxisIndex: places.map((_, strip) => strip) }], tooltip: tooltip(tell), series: unreadSeries(),
    };
  };

  const pauses = () => {
    const series = [];
    variants.forEach((variant, place) => {
      if (!variant.pauses || !shown[place]) return;
      const points = variant.pauses.longer.map((length, index) => [Math.max(length / 100, 0.01), variant.pauses.count[index]]).filter(point => point[1] > 0);
      series.push({ ...strokes(place, variant.name), data: points, step: 'end', showSymbol: false });
    });
    const tell = hits => {
      const at = hits[0].axisValue;
      const rows = [];
      variants.forEach((variant, place) => {
        if (!variant.pauses || !shown[place]) return;
        const index = variant.pauses.longer.findIndex(length => length / 100 >= at * 0.999);
        const value = index < 0 ? 0 : variant.pauses.count[index];
        rows.push({ place, name: variant.name, value, text: FORMAT.count(value) });
      });
      return lines(`longer than ${FORMAT.length(at)}`, rows.sort((one, other) => other.value - one.value));
    };
    return {
      animation: false, textStyle: fonts, aria: aria('chart-pauses', variants.filter(variant => variant.pauses).map(({ name, pauses: { longer, count } }) => ({ name, text: count.length ? `${FORMAT.count(count[0])} pauses, none longer than ${FORMAT.length(longer[longer.length - 1] / 100)}` : 'no pauses' }))),
      grid: { left: 64, right: 16, top: 16, bottom: 28 },
      xAxis: { type: 'log', ...axis({ axisLabel: { formatter: FORMAT.length } }), splitLine: { show: false } },
      yAxis: { type: 'log', min: 1, ...axis({ axisLabel: { formatter: FORMAT.short } }) },
      tooltip: tooltip(tell), series,
    };
  };

  /** The charts that need the time lines. */
  const told = unpacked => {
    story = unpacked;
    add('chart-unread', unread);
    echarts.connect('time');
  };

  const start = () => {
    for (const [id, option] of Object.entries(OPTIONS)) add(id, option, !['chart-load', 'chart-pauses'].includes(id));
    echarts.connect('time');
    THEME.changed(redraw);
    for (const button of document.querySelectorAll('[data-latency]')) {
      button.addEventListener('click', () => {
        latency = button.dataset.latency;
        for (const other of document.querySelectorAll('[data-latency]')) other.setAttribute('aria-pressed', String(other === button));
        redraw();
      });
    }
  };

  return { start, told, add, draw, redraw, show, window: () => shownTime, shown, end, variants, sample, time, axis, sides, zoom, tooltip, fonts, drawn };
})();
