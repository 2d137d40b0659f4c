// Charts of what changes with time, and of load: options for ECharts. All that show time are zoomed together.
'use strict';

const DATA = JSON.parse(document.getElementById('data').textContent);

const CHARTS = (() => {
  const variants = DATA.variants;
  const shown = variants.map(() => true);
  const end = Math.max(1, ...variants.map(variant => variant.end));
  const drawn = [];
  let latency = 'max';

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
    type: 'inside', xAxisIndex: 0, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: true, moveOnMouseWheel: false,
    preventDefaultMouseMove: false, minValueSpan: 50,
  }];

  const tooltip = formatter => ({
    trigger: 'axis', confine: true, formatter, transitionDuration: 0,
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
  const line = (of, words, short, extra = () => []) => () => {
    const series = [];
    variants.forEach((variant, place) => {
      if (!variant.flow || !shown[place]) return;
      const values = of(variant.flow);
      const { bucket } = variant.flow;
      const points = values.map((value, index) => [index * bucket, value]);
      if (points.length) points.push([Math.min(values.length * bucket, end), values[values.length - 1]]);
      series.push({
        id: `v${place}`, name: variant.name, type: 'line', data: points, step: 'end', showSymbol: false, animation: false, sampling: 'max',
        lineStyle: { color: THEME.variant(place), width: 2, type: THEME.stroke(place).length ? THEME.stroke(place) : 'solid' },
        itemStyle: { color: THEME.variant(place) }, emphasis: { disabled: true },
      });
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
      useUTC: true, animation: false, textStyle: fonts, aria: { enabled: true },
      grid: { left: 64, right: 16, top: 16, bottom: 28 },
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
      series.push({
        id: `v${place}`, name: variant.name, type: 'line', data: points, step: 'middle', animation: false,
        showSymbol: points.length <= 12, symbolSize: 7,
        lineStyle: { color: THEME.variant(place), width: 2, type: THEME.stroke(place).length ? THEME.stroke(place) : 'solid' },
        itemStyle: { color: THEME.variant(place) }, emphasis: { disabled: true },
      });
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
      useUTC: true, animation: false, textStyle: fonts, aria: { enabled: true },
      grid: { left: 64, right: 16, top: 16, bottom: 28 },
      xAxis: { type: 'value', min: 0.5, max: most + 0.5, minInterval: 1, ...axis({ axisLabel: { formatter: value => (Number.isInteger(value) ? value : '') } }), splitLine: { show: false } },
      yAxis: { type: 'value', min: 0, ...axis({ axisLabel: { formatter: FORMAT.short } }) },
      tooltip: tooltip(tell), series,
    };
  };

  const perSecond = flow => flow.consumed.map(value => value * 1000 / flow.bucket);
  const micros = value => FORMAT.length(value / 1000);
  const OPTIONS = {
    'chart-waiting': line(flow => flow.waiting, FORMAT.count, FORMAT.short),
    'chart-latency': line(flow => flow.latency[latency], micros, micros),
    'chart-rate': line(perSecond, value => `${FORMAT.count(value)}/s`, FORMAT.short, produced),
    'chart-load': load,
  };

  /** Puts a chart where it belongs; it is drawn again when colours or variants change. */
  const add = (id, option, timed = true) => {
    const element = document.getElementById(id);
    if (!element) return null;
    const chart = echarts.init(element, null, { renderer: 'canvas' });
    if (timed) chart.group = 'time';
    const entry = { id, chart, option, element };
    drawn.push(entry);
    new ResizeObserver(() => chart.resize()).observe(element);
    draw(entry);
    return chart;
  };

  const draw = entry => {
    const before = entry.chart.getOption();
    const at = before && before.dataZoom && before.dataZoom[0];
    entry.chart.setOption(entry.option(), { notMerge: true });
    if (at && at.startValue !== undefined) entry.chart.dispatchAction({ type: 'dataZoom', start: at.start, end: at.end });
  };

  const redraw = () => drawn.forEach(draw);

  /** Shows the time from one moment to another in all charts. */
  const show = (from, to) => {
    const length = Math.max(50, to - from);
    const first = Math.max(0, Math.min(from, end - length));
    for (const { chart } of drawn) {
      if (chart.group === 'time') {
        chart.dispatchAction({ type: 'dataZoom', startValue: first, endValue: Math.min(end, first + length) });
        return;
      }
    }
  };

  /** The time that is shown. */
  const window_ = () => {
    const entry = drawn.find(({ chart }) => chart.group === 'time');
    const option = entry && entry.chart.getOption().dataZoom[0];
    return option ? [option.startValue ?? 0, option.endValue ?? end] : [0, end];
  };

  const start = () => {
    for (const [id, option] of Object.entries(OPTIONS)) add(id, option, id !== 'chart-load');
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

  return { start, add, draw, redraw, show, window: window_, shown, end, variants, sample, time, axis, zoom, tooltip, fonts, drawn };
})();
