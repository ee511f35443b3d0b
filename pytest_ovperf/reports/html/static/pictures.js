// The large pictures: what is drawn and how, from the page's data and in the page's colours. plotly.js draws them.
"use strict";
const ovPictures = (() => {
  const data = ovData;
  const symbols = {
    regressed: "triangle-down", improved: "triangle-up", ok: "circle", inconclusive: "diamond-open",
    "no-baseline": "circle-open", "not-judged": "line-ew-open", recorded: "circle-dot",
  };

  // plotly takes some HTML in its texts: everything that is not ours is text and nothing else.
  const text = (value) => String(value).replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
  const short = (value, most) => (value.length > most ? `${value.slice(0, most - 1)}…` : value);
  const digits = (value) => (value == null ? "?" : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3));
  const times = (value) => `${digits(value)}×`;
  const printing = () => document.documentElement.classList.contains("printing");
  const small = () => (printing() ? 9 : 11.5);
  const percent = (share) => `${Number((share * 100).toPrecision(3))} %`;

  function colours() {
    const css = getComputedStyle(document.documentElement);
    const get = (name) => css.getPropertyValue(`--${name}`).trim();
    const named = (style) => get(["regressed", "improved", "ok", "inconclusive"].includes(style) ? style : "other");
    return { get, named };
  }

  function layout({ get }, more) {
    const axis = { color: get("quiet"), gridcolor: get("line"), linecolor: get("strong-line"), zeroline: false, fixedrange: true, automargin: true };
    return {
      ...more,
      font: { family: getComputedStyle(document.body).fontFamily, size: printing() ? 9.5 : 12.5, color: get("soft") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: get("card"), bordercolor: get("strong-line"), font: { color: get("ink"), size: 12.5 }, align: "left" },
      dragmode: false, autosize: true,
      ...Object.fromEntries(Object.entries(more).filter(([name]) => /^[xy]axis/.test(name)).map(([name, own]) => [name, { ...axis, ...own }])),
    };
  }

  const bandAround = (row, along) => {
    if (row.expected == null || !row.tolerance) return null;
    const ends = [row.expected / (1 + row.tolerance), row.expected * (1 + row.tolerance)];
    return along === "x" ? { x0: ends[0], x1: ends[1], y0: 0, y1: 1, xref: "x", yref: "paper" } : { y0: ends[0], y1: ends[1], x0: 0, x1: 1, yref: "y", xref: "paper" };
  };
  const filled = (where, colour) => ({ type: "rect", layer: "below", line: { width: 0 }, fillcolor: colour, ...where });

  // The speed-up with its interval, its launches, and what it was held against, one below the other on one axis.
  function ratio(row, theme) {
    const { get, named } = theme;
    const lines = [];
    const add = (label, span, more = {}) => lines.push({ label, span, ...more });
    const [now, low, high] = row.ratio;
    add(data.runs.length > 1 ? "last run" : "this run", row.ratio, { colour: named(row.style), symbol: symbols[row.style], size: 13, width: 3 });
    if (row.then) add(row.then.is, row.then.span, { colour: get("quiet"), symbol: "square", size: 10, width: 2 });
    const y = (index) => lines.length - index;
    const below = y(0) - 0.38;
    const traces = lines.map((line, index) => ({
      type: "scatter", mode: "markers", x: [line.span[0]], y: [y(index)],
      error_x: { type: "data", symmetric: false, array: [line.span[2] - line.span[0]], arrayminus: [line.span[0] - line.span[1]], color: line.colour, thickness: line.width, width: 6 },
      marker: { symbol: line.symbol, color: line.colour, size: line.size, line: { width: line.symbol.endsWith("open") ? 2.5 : 0, color: line.colour } },
      hovertemplate: `${line.label} ${times(line.span[0])}<br>${times(line.span[1])} to ${times(line.span[2])} at ${percent(row.confidence)}<extra></extra>`,
    }));
    if (row.judged) {
      traces.unshift({
        type: "scatter", mode: "lines+markers", x: row.judged, y: [y(0) + 0.2, y(0) + 0.2], line: { color: named(row.style), width: 1.2 },
        marker: { symbol: "line-ns-open", size: 8, color: named(row.style), line: { width: 1.2 } },
        hovertemplate: `the verdict rests on ${times(row.judged[0])} to ${times(row.judged[1])}<extra></extra>`,
      });
    }
    traces.push({
      type: "scatter", mode: "markers", x: row.launches, y: row.launches.map(() => below),
      marker: { symbol: "line-ns-open", size: 9, color: get("soft"), line: { width: 1.6 } }, text: row.launches.map((value, index) => `launch ${index + 1}: ${times(value)}`),
      hovertemplate: "%{text}<extra></extra>",
    });
    const shapes = [];
    const annotations = [];
    const band = bandAround(row, "x");
    const above = { yref: "paper", y: 1, yanchor: "bottom", showarrow: false, font: { size: small(), color: get("quiet") } };
    if (band && row.then) {
      shapes.push(filled(band, get("band")));
      annotations.push({ ...above, x: (band.x0 + band.x1) / 2, text: `tolerance ${percent(row.tolerance)}` });
    }
    if (row.target != null) {
      shapes.push({ type: "line", x0: row.target, x1: row.target, y0: 0, y1: 1, yref: "paper", line: { color: get("soft"), width: 1.5, dash: "dash" } });
      annotations.push({ ...above, x: row.target, text: `at least ${times(row.target)}` });
    }
    const ends = [low, high, ...row.launches, ...(row.judged ?? []), ...(row.then?.span ?? []), row.target ?? now, ...(band && row.then ? [band.x0, band.x1] : [])].filter((value) => value != null);
    const room = Math.max((Math.max(...ends) - Math.min(...ends)) * 0.09, now * 0.01);
    return [traces, layout(theme, {
      margin: { l: 6, r: 14, t: 22, b: 34 }, showlegend: false, shapes, annotations,
      xaxis: { range: [Math.min(...ends) - room, Math.max(...ends) + room], ticksuffix: "×", nticks: 7 },
      yaxis: { range: [lines.length > 1 ? 0.4 : 0.3, lines.length + 0.5], tickvals: [...lines.map((_, index) => y(index)), below], ticktext: [...lines.map((line) => line.label), "its launches"], showgrid: false },
    })];
  }

  // Each round's ratio above, both arms' times below, launches beside each other: drift and outliers show at once.
  function samples(row, theme) {
    const { get, named } = theme;
    const [candidate, reference] = row.arms;
    const shapes = [];
    const annotations = [];
    const at = { x: [], launch: [], round: [] };
    const ratios = [];
    let left = 0;
    candidate.samples.forEach((blocks, launch) => {
      const rounds = Math.min(blocks.length, reference.samples[launch]?.length ?? 0);
      if (!rounds) return;
      for (let round = 0; round < rounds; round += 1) {
        at.x.push(left + round + 0.5);
        at.launch.push(launch + 1);
        at.round.push(round + 1);
        ratios.push(reference.samples[launch][round] / blocks[round]);
      }
      if (launch % 2) shapes.push(filled({ x0: left, x1: left + rounds, y0: 0, y1: 1, xref: "x", yref: "paper" }, get("other-tint")));
      const level = row.launches[launch];
      if (level != null) shapes.push({ type: "line", x0: left + 0.15, x1: left + rounds - 0.15, y0: level, y1: level, xref: "x", yref: "y2", line: { color: named(row.style), width: 2.5 } });
      annotations.push({ x: left + rounds / 2, xref: "x", yref: "paper", y: 1, yanchor: "bottom", showarrow: false, text: candidate.samples.length > 6 ? `${launch + 1}` : `launch ${launch + 1}`, font: { size: small(), color: get("quiet") } });
      left += rounds;
    });
    const where = at.x.map((_, index) => `launch ${at.launch[index]}, round ${at.round[index]}`);
    const flat = (arm) => arm.samples.flatMap((blocks, launch) => blocks.slice(0, Math.min(candidate.samples[launch]?.length ?? 0, reference.samples[launch]?.length ?? 0)));
    const dots = (arm, symbol, colour) => ({
      type: "scatter", mode: "markers", name: text(arm.name), x: at.x, y: flat(arm), text: where,
      marker: { symbol, color: colour, size: 7, line: { width: symbol.endsWith("open") ? 1.8 : 0 } },
      hovertemplate: `${text(arm.name)} %{y:.4g} ${row.unit}<br>%{text}<extra></extra>`,
    });
    return [[
      dots(candidate, "circle", get("candidate")),
      dots(reference, "square-open", get("reference")),
      { type: "scatter", mode: "markers", x: at.x, y: ratios, yaxis: "y2", text: where, showlegend: false,
        marker: { symbol: "diamond", color: get("soft"), size: 6 }, hovertemplate: "%{y:.3g}×<br>%{text}<extra></extra>" },
    ], layout(theme, {
      margin: { l: 6, r: 10, t: 22, b: 8 }, shapes, annotations,
      legend: { orientation: "h", x: 0, y: -0.02, yanchor: "top", font: { size: small() } },
      xaxis: { range: [0, left], showticklabels: false, showgrid: false, anchor: "y" },
      yaxis: { domain: [0, 0.55], title: { text: `time of ${row.each ?? "a call"}, ${row.unit}`, font: { size: small() } }, rangemode: "tozero", nticks: 6 },
      yaxis2: { domain: [0.64, 1], title: { text: "speed-up", font: { size: small() } }, ticksuffix: "×", nticks: 5 },
    })];
  }

  // The figure over all runs. A dotted line marks a run before which something around the measurement had changed.
  function history(row, theme) {
    const { get, named } = theme;
    const unit = row.unit && !row.ratio ? ` ${row.unit}` : "×";
    const points = row.history.map((point, run) => ({ point, run })).filter(({ point }) => point && point[0] != null);
    const style = ({ point }) => data.styles[point[3]];
    const shapes = [];
    const annotations = [];
    const band = bandAround(row, "y");
    if (band) shapes.push(filled(band, get("band")));
    const moved = data.changes.map((changes, run) => ({ changes, run })).filter(({ changes }) => changes.length);
    for (const { changes, run } of moved) {
      shapes.push({ type: "line", x0: run - 0.5, x1: run - 0.5, y0: 0, y1: 1, yref: "paper", line: { color: get("quiet"), width: 1, dash: "dot" } });
      const label = moved.length > 4 ? "*" : text(short(changes[0], 30)) + (changes.length > 1 ? ` +${changes.length - 1}` : "");
      const place = run / data.runs.length;
      annotations.push({ x: run - 0.5, yref: "paper", y: 1, yanchor: "bottom", xanchor: place < 0.4 ? "left" : place > 0.6 ? "right" : "center", showarrow: false, text: label, hovertext: changes.map(text).join("<br>"), font: { size: small(), color: get("quiet") } });
    }
    const ends = (end) => points.map(({ point }) => (point[end] == null ? 0 : Math.abs(point[end] - point[0])));
    const many = points.length > 24;
    const trace = {
      type: "scatter", mode: "lines+markers", x: points.map(({ run }) => run), y: points.map(({ point }) => point[0]),
      error_y: { type: "data", symmetric: false, array: ends(2), arrayminus: ends(1), color: get("bar"), thickness: many ? 1 : 1.5, width: many ? 0 : 4 },
      line: { color: get("bar"), width: 1.5 },
      marker: { symbol: points.map((each) => symbols[style(each)]), color: points.map((each) => named(style(each))), size: points.map(({ run }) => (run === data.runs.length - 1 ? 12 : many ? 6 : 8)), line: { width: 1.5, color: points.map((each) => named(style(each))) }, opacity: 1 },
      text: points.map((each) => `${text(data.runs[each.run][0])}<br>${text(data.runs[each.run][1])}<br><b>${digits(each.point[0])}${unit}</b>, ${digits(each.point[1])} to ${digits(each.point[2])}<br>${style(each).replace("-", " ")}`),
      hovertemplate: "%{text}<extra></extra>",
    };
    const most = 8;
    const step = Math.max(1, Math.ceil(data.runs.length / most));
    const shown = data.runs.map((_, run) => run).filter((run) => (data.runs.length - 1 - run) % step === 0);
    return [[trace], layout(theme, {
      margin: { l: 6, r: 12, t: 22, b: 10 }, showlegend: false, shapes, annotations,
      xaxis: { range: [-0.6, data.runs.length - 0.4], tickvals: shown, ticktext: shown.map((run) => text(short(data.runs[run][0], 14))), showgrid: false, tickangle: "auto" },
      yaxis: { ticksuffix: unit, nticks: 6 },
    })];
  }

  const kinds = { ratio, samples, history };
  const drawn = new Map();

  // The library is text until somebody wants a picture.
  function library() {
    if (!window.Plotly) {
      const script = document.createElement("script");
      script.textContent = document.getElementById("plotly").textContent;
      document.head.append(script);
    }
    return window.Plotly;
  }

  // Half a sheet of paper: what is drawn for print must fit where it will stand, not where it stands now.
  const printedWidth = 320;

  function paint(plot, { kind, row }) {
    const [traces, shape] = kinds[kind](row, colours());
    if (printing()) Object.assign(shape, { autosize: false, width: printedWidth, height: plot.clientHeight || 240 });
    return library().react(plot, traces, shape, { displayModeBar: false, responsive: true, doubleClick: false });
  }

  // What a history shows, as a table, made when it is asked for: fifty runs of every row would be most of the page.
  function numbers(figure, row) {
    const details = document.createElement("details");
    details.className = "numbers";
    const summary = document.createElement("summary");
    summary.textContent = "Numbers of this picture";
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.children.length > 1) return;
      const box = document.createElement("div");
      box.className = "scroll";
      box.tabIndex = 0;
      const table = document.createElement("table");
      table.className = "figures";
      const line = (cells, tag) => {
        const found = table.insertRow();
        cells.forEach((value, index) => {
          const cell = document.createElement(index === 0 || tag === "th" ? "th" : "td");
          cell.scope = tag === "th" ? "col" : "row";
          cell.textContent = value;
          found.append(cell);
        });
      };
      const unit = row.ratio ? "×" : ` ${row.unit}`;
      line(["run", row.ratio ? "speed-up" : "median", "from", "to", "verdict"], "th");
      row.history.forEach((point, run) => {
        line([data.runs[run][0], ...(point ? [...point.slice(0, 3).map((value) => digits(value) + unit), data.styles[point[3]].replace("-", " ")] : ["–", "", "", "not measured"])], "td");
      });
      box.append(table);
      details.append(box);
    });
    figure.append(details);
  }

  function draw(body) {
    const row = data.rows[body.id];
    for (const figure of body.querySelectorAll(".picture")) {
      const plot = figure.querySelector(".plot");
      if (drawn.has(plot)) continue;
      const picture = { kind: figure.dataset.kind, row };
      drawn.set(plot, picture);
      paint(plot, picture);
      if (picture.kind === "history") numbers(figure, row);
    }
  }

  return { draw, library, repaint: () => drawn.forEach((picture, plot) => paint(plot, picture)) };
})();
