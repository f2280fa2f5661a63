// Tooltips, arrow keys, legend switches and choosing a period, over charts that are complete without them.
//
// A plot is <div class="plot" data-chart data-hint>; a line chart carries its figures in data-figures, any other chart a
// [data-tip] per row or bar: [title, [name, value], …]. Nothing here computes a figure.

const SVG = "http://www.w3.org/2000/svg";
const DRAG_PX = 5;

const make = (name, attributes = {}, parent = null, namespace = null) => {
  const node = namespace ? document.createElementNS(namespace, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent?.append(node);
  return node;
};

// One live region for the page: a chart's own tooltip comes and goes too fast to be announced.
const voice = make("div", { class: "vh", "aria-live": "polite" });

// "3 Nov" and "7 Nov" are 3–7 Nov; "3. Nov" and "7. Nov" are 3.–7. Nov.
const between = (first, last) => {
  const [, day, month] = /^(\d+\.?)( \D+)$/.exec(first) ?? [];
  return month && last.endsWith(month) ? `${day}–${last}` : `${first} – ${last}`;
};

class Plot {
  constructor(node) {
    this.node = node;
    this.svg = node.querySelector("svg");
    this.at = -1;
    this.tip = make("div", { class: "tipbox", hidden: "" }, node);
    this.tip.setAttribute("aria-hidden", "true");
    for (const link of this.svg.querySelectorAll("a")) link.setAttribute("tabindex", "-1");
    node.tabIndex = 0;
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", node.dataset.hint);
    node.addEventListener("keydown", (event) => this.onKey(event));
    // A finger that was lifted still wants to read; a touch elsewhere takes the focus and the tooltip away.
    node.addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.selecting || this.hide());
    node.addEventListener("blur", () => this.hide());
  }

  onKey(event) {
    const last = this.count - 1;
    const to = {
      ArrowRight: this.at + 1, ArrowDown: this.at + 1, Home: 0, End: last,
      ArrowLeft: this.at < 0 ? last : this.at - 1, ArrowUp: this.at < 0 ? last : this.at - 1,
    }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (to !== undefined) {
      event.preventDefault();
      this.move(Math.max(0, Math.min(last, to)), event.shiftKey);
      voice.textContent = this.spoken();
    } else if (event.key === "Escape" && this.at >= 0) {
      event.stopPropagation();
      this.hide();
    } else if (event.key === "Enter" && event.target === this.node && this.at >= 0) {
      event.preventDefault();
      this.open();
    }
  }

  move(index) {
    this.show(index);
  }

  fill(title, rows) {
    this.tip.replaceChildren();
    make("b", {}, this.tip).textContent = title;
    const list = make("dl", {}, this.tip);
    for (const [name, value] of rows) {
      make("dt", {}, list).textContent = name;
      make("dd", {}, list).textContent = value;
    }
    this.says = [title, ...rows.map(([name, value]) => `${name} ${value}`)].join(", ");
    this.tip.hidden = false;
  }

  spoken() {
    return this.says ?? "";
  }

  // Beside the point, on the side that has room, inside the window.
  place(x, y) {
    const plot = this.node.getBoundingClientRect();
    const { offsetWidth: wide, offsetHeight: tall } = this.tip;
    const right = plot.left + x + 14 + wide < document.documentElement.clientWidth - 8;
    const left = right ? x + 14 : x - 14 - wide;
    this.tip.style.left = `${Math.max(8 - plot.left, left)}px`;
    this.tip.style.top = `${Math.max(0, Math.min(y, plot.height - tall))}px`;
  }

  hide() {
    this.at = -1;
    this.tip.hidden = true;
  }
}

// Rows and bars: whatever carries a [data-tip].
class Parts extends Plot {
  constructor(node) {
    super(node);
    this.parts = [...node.querySelectorAll("[data-tip]")];
    for (const [index, part] of this.parts.entries()) {
      part.addEventListener("pointerenter", () => this.show(index));
    }
  }

  get count() {
    return this.parts.length;
  }

  show(index) {
    this.mark(index);
    const [title, ...rows] = JSON.parse(this.parts[index].dataset.tip);
    this.fill(title, rows);
    const plot = this.node.getBoundingClientRect();
    const boxes = [...this.parts[index].querySelectorAll("rect:not(.reach), circle")].map((one) => one.getBoundingClientRect());
    const box = boxes.length ? boxes : [this.parts[index].getBoundingClientRect()];
    const end = Math.max(...box.map((one) => one.right));
    const top = Math.min(...box.map((one) => one.top));
    this.place(Math.min(end - plot.left, plot.width - 8), top - plot.top);
  }

  mark(index) {
    this.parts[this.at]?.classList.remove("is-current");
    this.parts[index]?.classList.add("is-current");
    this.at = index;
  }

  open() {
    const part = this.parts[this.at];
    (part.matches("a") ? part : part.querySelector("a"))?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }

  hide() {
    this.mark(-1);
    super.hide();
  }
}

let timelines = [];

// Values over time: a hairline at the bucket, dots on the lines, and a band over the buckets that were chosen.
// Timelines inside one [data-sync] share the hairline.
class Timeline extends Plot {
  constructor(node) {
    super(node);
    this.figures = JSON.parse(node.dataset.figures);
    this.height = Number(this.svg.getAttribute("height"));
    this.band = this.shape("rect", { class: "band", y: 0, height: this.height });
    this.cross = this.shape("line", { class: "cross", y1: 0, y2: this.height });
    this.dots = this.figures.series.map((one) => one.dot && this.shape("circle", { class: one.dot, r: 5 }));
    this.from = null;
    this.room = node.closest("[data-sync]");
    timelines.push(this);
    this.hide();
    node.addEventListener("pointerdown", (event) => this.onDown(event));
    node.addEventListener("pointermove", (event) => this.onMove(event));
    node.addEventListener("pointerup", (event) => this.onUp(event));
    node.addEventListener("pointercancel", () => this.hide());
  }

  shape(name, attributes) {
    return make(name, attributes, this.svg, SVG);
  }

  get count() {
    return this.figures.titles.length;
  }

  middle(index) {
    return (100 * (index + 0.5)) / this.count;
  }

  bucketAt(event) {
    const box = this.svg.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    return Math.max(0, Math.min(this.count - 1, Math.floor(part * this.count)));
  }

  // Series that the legend has switched off are not read out either.
  shown() {
    return this.figures.series.filter((one) => !this.node.querySelector(`[data-series="${CSS.escape(one.key)}"].off`));
  }

  peers() {
    return timelines.filter((one) => this.room && one !== this && one.room === this.room && one.count === this.count);
  }

  point(index) {
    const x = `${this.middle(index)}%`;
    this.cross.setAttribute("x1", x);
    this.cross.setAttribute("x2", x);
    this.cross.removeAttribute("display");
    const shown = this.shown();
    for (const [place, one] of this.figures.series.entries()) {
      const dot = this.dots[place];
      if (!dot) continue;
      const there = one.y[index] !== null && shown.includes(one);
      dot.setAttribute("display", there ? "inline" : "none");
      if (!there) continue;
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", one.y[index]);
    }
  }

  unpoint() {
    this.cross.setAttribute("display", "none");
    for (const dot of this.dots) if (dot) dot.setAttribute("display", "none");
  }

  show(index) {
    this.at = index;
    this.point(index);
    for (const peer of this.peers()) peer.point(index);
    const rows = this.shown().map((one) => [one.title, one.texts[index]]);
    if (this.from === null) this.fill(this.figures.titles[index], rows);
    else this.fill(this.range(), []);
    const box = this.svg.getBoundingClientRect();
    const plot = this.node.getBoundingClientRect();
    this.place(box.left - plot.left + (box.width * this.middle(index)) / 100, 14);
  }

  // --- Choosing a period

  ends() {
    return [Math.min(this.from, this.at), Math.max(this.from, this.at)];
  }

  range() {
    const [first, last] = this.ends();
    const { labels, days, words } = this.figures;
    const count = Math.round((Date.parse(days[last][1]) - Date.parse(days[first][0])) / 86_400_000) + 1;
    const names = first === last ? this.figures.titles[first] : between(labels[first], labels[last]);
    return `${names}, ${count === 1 ? words.day : words.days.replace("%s", count)}`;
  }

  select(from, to) {
    this.from = from;
    this.at = to;
    const [first, last] = this.ends();
    this.band.setAttribute("x", `${(100 * first) / this.count}%`);
    this.band.setAttribute("width", `${(100 * (last - first + 1)) / this.count}%`);
    this.band.removeAttribute("display");
    this.show(to);
  }

  move(index, extend) {
    if (extend && this.figures.days) this.select(this.from ?? Math.max(0, this.at), index);
    else {
      this.drop();
      this.show(index);
    }
  }

  open() {
    if (this.from === null) return this.follow();
    const [first, last] = this.ends();
    const url = new URL(window.location.href);
    for (const name of ["period", "after"]) url.searchParams.delete(name);
    url.searchParams.set("from", this.figures.days[first][0]);
    url.searchParams.set("to", this.figures.days[last][1]);
    window.location.assign(url);
  }

  // To the tickets of the series whose line is nearest, or, by the keyboard, of the first one that has any.
  follow(y = null) {
    const there = this.shown().filter((one) => one.hrefs[this.at]);
    const distance = (one) => (y === null || !one.dot ? 0 : Math.abs(one.y[this.at] - y));
    const [nearest] = there.sort((one, other) => distance(one) - distance(other));
    if (nearest) window.location.assign(nearest.hrefs[this.at]);
  }

  onDown(event) {
    // A finger scrolls the page and reads values; only a mouse or pen draws a period.
    if (event.pointerType === "touch") return this.show(this.bucketAt(event));
    if (event.button !== 0) return;
    this.down = { x: event.clientX, bucket: this.bucketAt(event) };
    this.node.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    const bucket = this.bucketAt(event);
    const dragged = this.down && Math.abs(event.clientX - this.down.x) > DRAG_PX;
    if (dragged && this.figures.days) {
      this.selecting = true;
      this.node.classList.add("is-selecting");
      this.select(this.down.bucket, bucket);
    } else if (!this.down && this.from === null) {
      this.show(bucket);
    }
  }

  onUp(event) {
    const click = this.down && Math.abs(event.clientX - this.down.x) <= DRAG_PX;
    this.down = null;
    if (this.selecting) {
      this.selecting = false;
      this.open();
    } else if (click) {
      this.drop();
      this.show(this.bucketAt(event));
      this.follow(event.clientY - this.svg.getBoundingClientRect().top);
    }
  }

  drop() {
    this.from = null;
    this.selecting = false;
    this.node.classList.remove("is-selecting");
    this.band.setAttribute("display", "none");
  }

  hide() {
    this.down = null;
    this.drop();
    this.unpoint();
    for (const peer of this.peers()) peer.unpoint();
    super.hide();
  }
}

// The words of a legend become buttons that show and hide their series in every chart of the same panel, in the answers
// that follow too.
const switched = new Map();

const legendButton = (word) => {
  const button = make("button", { type: "button", "aria-pressed": word.dataset.on });
  button.append(...word.childNodes);
  word.replaceWith(button);
  const panel = button.closest(".card, figure") ?? document;
  const series = [location.pathname, panel.querySelector("h2")?.textContent, word.dataset.toggle].join("\n");
  const show = (on) => {
    button.setAttribute("aria-pressed", on);
    for (const shape of panel.querySelectorAll(`[data-series="${CSS.escape(word.dataset.toggle)}"]`)) {
      shape.classList.toggle("off", !on);
    }
  };
  button.addEventListener("click", () => {
    switched.set(series, button.getAttribute("aria-pressed") !== "true");
    show(switched.get(series));
  });
  if (switched.has(series)) show(switched.get(series));
};

const start = (root = document) => {
  timelines = timelines.filter((one) => one.node.isConnected);
  if (!voice.isConnected) document.body.append(voice);
  for (const node of root.querySelectorAll(".plot[data-chart]:not([data-ready])")) {
    node.dataset.ready = "";
    if (node.dataset.figures) new Timeline(node);
    else new Parts(node);
  }
  for (const word of root.querySelectorAll(".legend [data-toggle]")) legendButton(word);
};

start();
document.addEventListener("page:shown", () => start());
