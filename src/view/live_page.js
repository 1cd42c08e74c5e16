
"use strict";
/* The page of a training: takes messages (live_message.h), keeps what they say, and draws it. Text from the training is only ever set as text. */
(() => {
    const blank = document.documentElement.cloneNode(true); /* the page as it came, to be saved with all it was told */
    const element = (id) => document.getElementById(id);
    const whole = JSON.parse(element("message").textContent);
    const HEIGHT = 250, MARKS_UP_TO = 40;
    const STATES = {
        connecting: "Connecting", waiting: "Waiting for the first epoch", running: "Training", validating: "Validating",
        ended: "Ended", stopped: "Stopped early", failed: "Ended by an error", lost: "Connection lost, trying again",
    };
    const FINAL = ["ended", "stopped", "failed"];

    let told = null; /* the latest message */
    let epochRows = [], batchRows = [];
    const panels = new Map(); /* by name */
    let tableRows = 0, tableNames = "";
    let drawing = false, announced = 0, said = "";

    /* --- Numbers and words --- */

    const isNumber = (value) => typeof value === "number";

    function text(value, digits) {
        if (!isNumber(value)) return value === null || value === undefined ? "\u2013" : value === "NaN" ? "NaN" : value.replace("Infinity", "\u221e");
        const size = Math.abs(value);
        if (value !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential(Math.max(1, digits - 2));
        return Number.isInteger(value) ? String(value) : value.toPrecision(digits);
    }

    function duration(seconds) {
        const s = Math.round(seconds);
        if (s < 60) return `${s} s`;
        if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
        return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
    }

    /* --- What was told --- */

    function take(message) {
        if (message.reset) {
            epochRows = [];
            batchRows = [];
            tableRows = 0;
            element("table-body").replaceChildren();
        }
        epochRows = epochRows.concat(message.epoch_rows);
        batchRows = batchRows.concat(message.batch_rows);
        told = message;
        announce();
        if (!drawing) {
            drawing = true;
            requestAnimationFrame(draw);
        }
    }

    /* Rows with the latest one, which a long training's thinned table may be without. */
    function withLatest(rows, latest) {
        const missing = latest && (rows.length === 0 || rows[rows.length - 1][0] < latest[0]);
        return missing ? rows.concat([latest]) : rows;
    }

    const allEpochs = () => withLatest(epochRows, told.epoch_row);
    const allBatches = () => told.steps > 0 ? withLatest(batchRows, told.batch_row) : batchRows;

    function wholeMessage() {
        return Object.assign({}, told, {reset: true, epoch_rows: epochRows, batch_rows: batchRows});
    }

    /* --- The head of the page --- */

    function setState(state) {
        const place = element("state");
        place.dataset.state = state;
        place.textContent = STATES[state];
        document.title = `${STATES[state]}: ${told ? told.title : "training"}`;
        element("hint").hidden = state !== "lost";
        element("hint").textContent = "The training cannot be reached: it may have ended. What it said until then stays here; the page goes on by itself if it comes back.";
    }

    function drawHead() {
        const running = told.state === "running" || told.state === "validating";
        const final = FINAL.includes(told.state);
        const count = epochRows.length + (told.epoch_row ? 1 : 0);
        const done = told.epoch_row ? told.epoch_row[0] : told.first;
        const share = running && told.steps > 0 && done <= told.epoch ? told.step / told.steps : 0;
        const position = final ? done : Math.max(done, told.epoch + share);
        element("title").textContent = told.title;
        setState(told.state);
        const shown = final || !running ? done : told.epoch + 1;
        element("epochs-text").textContent = `Epoch ${shown} of ${told.epochs}`;
        element("epochs").max = Math.max(1, told.epochs);
        element("epochs").value = position;
        element("batches-text").textContent = told.steps > 0 ? `Batch ${told.step} of ${told.steps}` : `Batch ${told.step}`;
        element("batches").max = told.steps > 0 ? told.steps : 1;
        element("batches").value = told.steps > 0 ? told.step : final ? 1 : 0;
        const made = position - told.first, left = told.epochs - position;
        const rest = running && made > 0 && left > 0 && told.seconds > 1 ? `, about ${duration(told.seconds * left / made)} left` : "";
        element("time").textContent = count > 0 || told.step > 0 ? `${duration(told.seconds)}${rest}` : "";
    }

    /* To those who do not see the page. */
    function say(words, state) {
        if (element("announcement").textContent !== words) element("announcement").textContent = words;
        announced = Date.now();
        said = state;
    }

    function announce() {
        const row = told.epoch_row, news = told.state !== said && (FINAL.includes(told.state) || said === "" || said === "lost");
        if (!news && (!row || Date.now() - announced < 5000)) return;
        const values = row ? told.names.map((name, i) => row[i + 1] === null ? "" : `, ${name} ${text(row[i + 1], 3)}`).join("") : "";
        say(`${STATES[told.state]}.${row ? ` Epoch ${row[0]} of ${told.epochs}${values}` : ""}`, told.state);
    }

    /* --- Panels --- */

    const SVG = "http://www.w3.org/2000/svg";
    function svg(kind, attributes, content) {
        const made = document.createElementNS(SVG, kind);
        for (const name in attributes) made.setAttribute(name, attributes[name]);
        if (content !== undefined) made.textContent = content;
        return made;
    }
    function html(kind, attributes, ...children) {
        const made = document.createElement(kind);
        for (const name in attributes) made.setAttribute(name, attributes[name]);
        made.append(...children);
        return made;
    }

    function legendItem(kind, words) {
        const sample = svg("svg", {width: 26, height: 12, "aria-hidden": "true"});
        sample.append(svg("path", {class: kind, d: "M1 6H25"}));
        const value = html("b", {});
        return {item: html("li", {}, sample, words, value), value};
    }

    function makePanel(name) {
        const training = legendItem("training", "training"), validation = legendItem("validation", "validation");
        const legend = html("ul", {class: "legend"}, training.item, validation.item);
        const chart = html("div", {class: "chart", tabindex: "0", role: "slider", "aria-orientation": "horizontal", "aria-label": `Curve of ${name}, by epoch`});
        const tip = html("div", {class: "tip", hidden: "", "aria-hidden": "true"});
        const drawn = svg("svg", {"aria-hidden": "true"});
        chart.append(drawn, tip);
        const panel = {name, training, validation, chart, drawn, tip, cursor: -1, clip: `clip-${panels.size}`};
        panel.section = html("section", {class: "panel", "aria-label": name}, html("h2", {}, name), legend, chart);
        listen(panel);
        panels.set(name, panel);
        element("panels").append(panel.section);
        return panel;
    }

    /* Each value with its val_ twin. */
    function columns() {
        const found = new Map();
        told.names.forEach((name, i) => {
            const of = name.startsWith("val_") ? name.slice(4) : name;
            const entry = found.get(of) || {training: -1, validation: -1};
            entry[of === name ? "training" : "validation"] = i + 1;
            found.set(of, entry);
        });
        return found;
    }

    function draw() {
        drawing = false;
        if (!told) return;
        drawHead();
        const found = columns();
        for (const [name, panel] of panels) {
            if (found.has(name)) continue;
            panel.section.remove();
            panels.delete(name);
        }
        for (const [name, entry] of found) Object.assign(panels.get(name) || makePanel(name), {column: entry});
        for (const panel of panels.values()) drawPanel(panel); /* when all are there, and so have their widths */
        element("empty").hidden = panels.size > 0;
        drawTable();
    }

    function points(rows, column) {
        return column < 0 ? [] : rows.map((row) => [row[0], row[column]]).filter((point) => point[1] !== null && point[1] !== undefined);
    }

    function ticks(low, high, most) {
        const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
        const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) || 10 * power;
        const made = [];
        for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) made.push(i * step);
        return made;
    }

    /* Values to mark on a logarithmic scale from 10^low to 10^high: of the form 1, 2 or 5 times a power of ten, or powers only where those are many. */
    function logarithmicTicks(low, high) {
        const made = [];
        for (let power = Math.floor(low); power <= Math.ceil(high); power++)
            for (const factor of high - low > 2 ? [1] : [1, 2, 5]) made.push(factor * 10 ** power);
        const fitting = made.filter((value) => Math.log10(value) >= low && Math.log10(value) <= high);
        return fitting.length > 1 ? fitting : ticks(10 ** low, 10 ** high, 4).filter((value) => value > 0);
    }

    function extent(values, logarithmic) {
        let low = Infinity, high = -Infinity;
        for (const value of values) {
            if (value < low) low = value;
            if (value > high) high = value;
        }
        if (low > high) return [0, 1];
        const room = high > low ? (high - low) * 0.04 : logarithmic ? 0.1 : Math.abs(low) * 0.1 || 0.5;
        return [low - room, high + room];
    }

    /* The runs of batches in each epoch, each up to the epoch's own value, which it ends in. Too few to be a line are left out. */
    function runs(line, epochs) {
        const found = new Map(), ends = new Map(epochs.map((point) => [point[0], point]));
        for (const point of line) {
            const epoch = Math.ceil(point[0] - 1e-9);
            found.set(epoch, (found.get(epoch) || []).concat([point]));
        }
        return [...found].filter(([epoch, run]) => run.length > 2 || epoch > told.epoch).map(([epoch, run]) => ends.has(epoch) ? run.concat([ends.get(epoch)]) : run);
    }

    /* A line through the points, broken where a value is no number. */
    function path(line, x, y) {
        let made = "", before = null;
        for (const point of line) {
            if (!isNumber(point[1]) || !Number.isFinite(y(point[1]))) {
                before = null;
                continue;
            }
            made += `${before ? "L" : "M"}${x(point[0]).toFixed(1)} ${y(point[1]).toFixed(1)}`;
            before = point;
        }
        return made;
    }

    function drawPanel(panel) {
        const epochs = allEpochs(), batches = element("show-batches").checked ? allBatches() : [];
        const training = points(epochs, panel.column.training), validation = points(epochs, panel.column.validation);
        const running = points(batches, panel.column.training);
        const lastEpoch = training[training.length - 1], lastBatch = points(allBatches(), panel.column.training).pop();
        const current = lastBatch && (!lastEpoch || lastBatch[0] > lastEpoch[0]) ? lastBatch : lastEpoch;
        panel.training.item.hidden = panel.column.training < 0;
        panel.validation.item.hidden = panel.column.validation < 0;
        panel.training.value.textContent = text(current && current[1], 4);
        panel.validation.value.textContent = text(validation.length ? validation[validation.length - 1][1] : null, 4);

        const width = Math.max(200, panel.chart.clientWidth), height = panel.drawn.clientHeight || HEIGHT;
        const area = {left: 58, right: width - 12, top: 8, bottom: height - 36};
        const numbers = (line) => line.filter((point) => isNumber(point[1]));
        const seen = numbers(training).concat(numbers(validation));
        /* Means over an epoch's first batches swing far: they do not flatten the rest once that is there. */
        const all = seen.concat(training.length > 1 ? numbers(running).slice(-1) : numbers(running)).map((point) => point[1]);
        const logarithmic = element("logarithmic").checked && all.length > 0 && all.every((value) => value > 0);
        const scale = logarithmic ? Math.log10 : (value) => value;
        const [low, high] = extent(all.map(scale), logarithmic);
        /* All panels have the same epochs, whatever their values are. */
        const xs = epochs.concat(batches).map((row) => row[0]);
        const xLow = batches.length ? told.first : xs.length ? xs.reduce((a, b) => Math.min(a, b)) : told.first;
        const xHigh = Math.max(xLow + 1, xs.reduce((a, b) => Math.max(a, b), -Infinity));
        const x = (value) => area.left + (value - xLow) / (xHigh - xLow) * (area.right - area.left);
        const y = (value) => area.bottom - (scale(value) - low) / (high - low) * (area.bottom - area.top);

        const made = [];
        if (all.length === 0) { /* no scale, but what the values are: NaN */
            const values = new Set(training.concat(validation, running).map((point) => text(point[1], 4)));
            made.push(svg("text", {class: "nothing", x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2, "text-anchor": "middle"}, [...values].join(", ")));
        }
        for (const value of all.length === 0 ? [] : logarithmic ? logarithmicTicks(low, high) : ticks(low, high, 5)) {
            const at = y(value);
            made.push(svg("path", {class: "grid", d: `M${area.left} ${at.toFixed(1)}H${area.right}`}));
            made.push(svg("text", {x: area.left - 7, y: (at + 4).toFixed(1), "text-anchor": "end"}, text(Number(value.toPrecision(4)), 4).replace(/(\.\d*?)0+($|e)/, "$1$2").replace(/\.($|e)/, "$1")));
        }
        for (const tick of ticks(xLow, xHigh, Math.max(2, Math.min(10, Math.floor(width / 60)))).filter(Number.isInteger))
            made.push(svg("path", {class: "axis", d: `M${x(tick).toFixed(1)} ${area.bottom}v4`}), svg("text", {class: "step", x: x(tick).toFixed(1), y: area.bottom + 17, "text-anchor": "middle"}, String(tick)));
        made.push(svg("path", {class: "axis", d: `M${area.left} ${area.bottom}H${area.right}`}));
        made.push(svg("text", {x: area.right, y: height - 3, "text-anchor": "end"}, "epoch"));

        const clip = svg("clipPath", {id: panel.clip});
        clip.append(svg("rect", {x: area.left - 4, y: area.top - 4, width: area.right - area.left + 8, height: area.bottom - area.top + 8}));
        const curves = svg("g", {"clip-path": `url(#${panel.clip})`});
        curves.append(svg("path", {class: "batches", d: runs(running, training).map((run) => path(run, x, y)).join("")}));
        curves.append(svg("path", {class: "training", d: path(training, x, y)}), svg("path", {class: "validation", d: path(validation, x, y)}));
        if (training.length <= MARKS_UP_TO) for (const point of numbers(training)) curves.append(svg("circle", {class: "mark-training", cx: x(point[0]), cy: y(point[1]), r: 3.2}));
        if (validation.length <= MARKS_UP_TO) for (const point of numbers(validation)) curves.append(svg("rect", {class: "mark-validation", x: x(point[0]) - 3, y: y(point[1]) - 3, width: 6, height: 6}));
        panel.x = x;
        panel.area = area;
        panel.epochs = epochs;
        panel.line = svg("path", {class: "cursor"});
        panel.drawn.setAttribute("viewBox", `0 0 ${width} ${height}`);
        panel.drawn.replaceChildren(clip, ...made, curves, panel.line);
        drawCursor(panel);
    }

    /* --- The cursor of a panel: one epoch's values, by pointer or keys --- */

    function words(panel, row) {
        const parts = [];
        if (panel.column.training >= 0) parts.push(`training ${text(row[panel.column.training], 5)}`);
        if (panel.column.validation >= 0) parts.push(`validation ${text(row[panel.column.validation], 5)}`);
        return parts;
    }

    function drawCursor(panel) {
        const count = panel.epochs.length, last = panel.epochs[count - 1];
        const row = panel.cursor >= 0 ? panel.epochs[Math.min(panel.cursor, count - 1)] : undefined;
        const read = row || last;
        panel.chart.setAttribute("aria-valuemin", count ? panel.epochs[0][0] : 0);
        panel.chart.setAttribute("aria-valuemax", count ? last[0] : 0);
        panel.chart.setAttribute("aria-valuenow", read ? read[0] : 0);
        panel.chart.setAttribute("aria-valuetext", read ? `epoch ${read[0]}: ${words(panel, read).join(", ")}` : "no epoch yet");
        panel.tip.hidden = !row;
        panel.line.setAttribute("d", row ? `M${panel.x(row[0]).toFixed(1)} ${panel.area.top}V${panel.area.bottom}` : "");
        if (!row) return;
        panel.tip.replaceChildren(html("p", {}, `epoch ${row[0]}`), ...words(panel, row).map((each) => html("p", {}, each)));
        const at = panel.x(row[0]), right = at > (panel.area.left + panel.area.right) / 2;
        panel.tip.style.left = right ? "" : `${at + 10}px`;
        panel.tip.style.right = right ? `${panel.chart.clientWidth - at + 10}px` : "";
    }

    function moveCursor(panel, to) {
        panel.cursor = panel.epochs && panel.epochs.length ? Math.max(0, Math.min(panel.epochs.length - 1, to)) : -1;
        drawCursor(panel);
    }

    function listen(panel) {
        panel.chart.addEventListener("keydown", (event) => {
            const count = panel.epochs.length, now = panel.cursor < 0 ? count - 1 : panel.cursor;
            const moves = {ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, PageDown: now - 10, PageUp: now + 10, Home: 0, End: count - 1};
            if (event.key === "Escape") panel.cursor = -1, drawCursor(panel);
            else if (event.key in moves) moveCursor(panel, panel.cursor < 0 && event.key === "ArrowRight" ? count - 1 : moves[event.key]);
            else return;
            event.preventDefault();
        });
        panel.chart.addEventListener("pointermove", (event) => {
            if (!panel.epochs || !panel.epochs.length) return;
            const at = event.clientX - panel.chart.getBoundingClientRect().left;
            let nearest = 0;
            panel.epochs.forEach((row, i) => {
                if (Math.abs(panel.x(row[0]) - at) < Math.abs(panel.x(panel.epochs[nearest][0]) - at)) nearest = i;
            });
            moveCursor(panel, nearest);
        });
        const hide = () => { panel.cursor = -1; if (panel.epochs) drawCursor(panel); };
        panel.chart.addEventListener("pointerleave", hide);
        panel.chart.addEventListener("blur", hide);
    }

    /* --- The table --- */

    function drawTable() {
        const body = element("table-body"), names = JSON.stringify(told.names);
        if (!element("details").open) return;
        if (names !== tableNames || tableRows > epochRows.length) {
            tableNames = names;
            tableRows = 0;
            body.replaceChildren();
            element("table-head").replaceChildren(html("tr", {}, ...["epoch", ...told.names].map((name) => html("th", {scope: "col"}, name))));
        }
        if (body.lastChild && body.lastChild.dataset.latest) body.lastChild.remove();
        const add = (row) => html("tr", {}, html("th", {scope: "row"}, String(row[0])), ...told.names.map((name, i) => html("td", {}, text(row[i + 1], 6))));
        for (; tableRows < epochRows.length; tableRows++) body.append(add(epochRows[tableRows]));
        const all = allEpochs();
        if (all.length > epochRows.length) {
            const latest = add(all[all.length - 1]);
            latest.dataset.latest = "yes";
            body.append(latest);
        }
    }

    /* --- The curves as one picture, which stands by itself --- */

    const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "opacity", "font-size", "font-family"];

    /* What is drawn, with its looks as attributes instead of the page's style. */
    function standalone(shown) {
        const copy = shown.cloneNode(true), copies = copy.querySelectorAll("*");
        shown.querySelectorAll("*").forEach((original, i) => {
            const style = getComputedStyle(original);
            for (const look of LOOKS) copies[i].setAttribute(look, style.getPropertyValue(look));
        });
        for (const cursor of copy.querySelectorAll(".cursor")) cursor.remove();
        for (const each of copy.querySelectorAll("[class]")) each.removeAttribute("class");
        copy.removeAttribute("aria-hidden");
        return copy;
    }

    function summary() {
        const row = told.epoch_row || epochRows[epochRows.length - 1];
        if (!row) return "No epoch yet.";
        return `Epoch ${row[0]} of ${told.epochs}${told.names.map((name, i) => row[i + 1] === null ? "" : `, ${name} ${text(row[i + 1], 5)}`).join("")}.`;
    }

    function picture() {
        const GAP = 20, HEAD = 62, NAME = 26;
        const shown = [...panels.values()], sizes = shown.map((panel) => panel.drawn.viewBox.baseVal);
        const across = shown.length > 1 ? 2 : 1, down = Math.ceil(shown.length / across);
        const cell = sizes.reduce((most, size) => ({width: Math.max(most.width, size.width), height: Math.max(most.height, size.height)}), {width: 400, height: 0});
        const width = Math.round(GAP + across * (cell.width + GAP)), height = Math.round(HEAD + down * (NAME + cell.height + GAP));
        const page = getComputedStyle(document.documentElement), color = (name) => page.getPropertyValue(`--${name}`).trim();
        const font = getComputedStyle(document.body).fontFamily;
        const root = svg("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img"});
        const write = (x, y, size, name, words) => root.append(svg("text", {x, y, fill: color(name), "font-size": size, "font-family": font}, words));
        const sample = (x, name, dashes) => root.append(svg("path", {d: `M${x} 46h26`, stroke: color(name), "stroke-width": 2.2, ...dashes}));
        root.append(svg("title", {}, told.title), svg("desc", {}, summary()), svg("rect", {width, height, fill: color("paper")}));
        write(GAP, 26, 17, "ink", told.title);
        sample(GAP, "training", {});
        write(GAP + 34, 50, 13, "faint", "training");
        if (shown.some((panel) => panel.column.validation >= 0)) {
            sample(GAP + 120, "validation", {"stroke-dasharray": "7 5"});
            write(GAP + 154, 50, 13, "faint", "validation");
        }
        shown.forEach((panel, i) => {
            const x = GAP + i % across * (cell.width + GAP), y = HEAD + Math.floor(i / across) * (NAME + cell.height + GAP), copy = standalone(panel.drawn);
            write(x, y + 16, 14, "ink", panel.name);
            for (const [name, value] of Object.entries({x, y: y + NAME, width: sizes[i].width, height: sizes[i].height})) copy.setAttribute(name, value);
            root.append(copy);
        });
        return {text: new XMLSerializer().serializeToString(root), width, height};
    }

    /* --- What the page takes from its user --- */

    function download(blob, name) {
        const address = URL.createObjectURL(blob);
        html("a", {href: address, download: name}).click();
        setTimeout(() => URL.revokeObjectURL(address), 10000);
    }

    function save() {
        const copy = blank.cloneNode(true);
        copy.querySelector("#message").textContent = JSON.stringify(wholeMessage()).replace(/</g, "\\u003c");
        download(new Blob(["<!DOCTYPE html>\n", copy.outerHTML], {type: "text/html"}), "training.html");
    }

    function saveSvg() {
        download(new Blob([picture().text], {type: "image/svg+xml"}), "training.svg");
    }

    function savePng() {
        const made = picture(), image = new Image();
        image.addEventListener("load", () => {
            const canvas = html("canvas", {width: 2 * made.width, height: 2 * made.height});
            canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
            canvas.toBlob((blob) => download(blob, "training.png"));
        });
        image.src = `data:image/svg+xml,${encodeURIComponent(made.text)}`;
    }

    element("logarithmic").addEventListener("change", draw);
    element("show-batches").addEventListener("change", draw);
    element("details").addEventListener("toggle", () => told && drawTable());
    for (const [id, action] of [["save", save], ["save-svg", saveSvg], ["save-png", savePng]]) element(id).addEventListener("click", () => told && action());
    window.addEventListener("resize", draw);
    window.matchMedia("print").addEventListener("change", draw);

    /* --- The connection --- */

    function connect() {
        const stream = new EventSource("events");
        stream.onmessage = (event) => {
            take(JSON.parse(event.data));
            if (FINAL.includes(told.state)) stream.close();
        };
        stream.onerror = () => {
            if (told && FINAL.includes(told.state)) return stream.close();
            setState("lost");
            if (said !== "lost") say(`${STATES.lost}. ${element("hint").textContent}`, "lost");
            if (stream.readyState !== EventSource.CLOSED) return; /* the browser tries again by itself */
            setTimeout(connect, 2000);
        };
    }

    if (whole) take(whole);
    else connect();
})();
