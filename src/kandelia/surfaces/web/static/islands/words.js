// What the islands say, in the language of the page.
const WORDS = {
  en: {
    now: "now", good: "good", uncertain: "uncertain", bad: "bad", stale: "stale", none: "no value yet", noSignals: "no values shown", reporting: "reporting", high: "high", low: "low",
    yes: "on", no: "off", ago: "{} ago", linkLost: "Live link lost, trying again", signedOut: "Signed out; sign in again to see live values",
    live: "Live", linkUp: "Live link stands", loading: "Loading…", retry: "Try again", empty: "Nothing was recorded in this window",
    emptyMend: "Choose a longer window, or look at the connection of this signal.", failed: "The history could not be read",
    failedMend: "See whether the history role runs, then try again.", choose: "Choose a value to draw its trend",
    signal: "Signal", cursor: "At cursor", newest: "Newest", min: "Min", max: "Max", quality: "Quality", remove: "Remove {}",
    compare: "Earlier period", noCompare: "None", dayBefore: "A day before", weekBefore: "A week before", export: "Export",
    window: "Window", all: "All", zoomIn: "Zoom in", zoomOut: "Zoom out", back: "Earlier", forward: "Later", atMost: "At most {} signals in one trend; remove one first",
    keys: "Arrow keys move the cursor, + and − zoom, Home shows all, L jumps to live. Drag to zoom, Shift and drag to move, Ctrl and wheel to zoom.",
    chart: "Trend of {}", perPixel: "one point is {}", rawPoints: "every sample", earlier: "earlier", gap: "no data",
    proof: "source proved alive {}", waiting: "waiting", connecting: "connecting", running: "running", "backing-off": "trying again", stopped: "stopped", refused: "cannot work as configured", unknown: "not heard of",
    oldest: "Oldest value: {}", "unit-m": "min", "unit-h": "h", "unit-d": "d",
    links: "{} of {} connections running", held: "{} s held at the edge", allFresh: "all fresh",
  },
  zh: {
    now: "刚刚", good: "良好", uncertain: "不确定", bad: "坏值", stale: "过期", none: "尚无数值", noSignals: "没有显示的数值", reporting: "在报数", high: "偏高", low: "偏低",
    yes: "开", no: "关", ago: "{}前", linkLost: "实时连接中断，正在重连", signedOut: "登录已失效，请重新登录以查看实时值",
    live: "实时", linkUp: "实时连接正常", loading: "正在读取…", retry: "重试", empty: "该时段没有记录",
    emptyMend: "请选择更长的时段，或检查该测点的连接。", failed: "无法读取历史数据",
    failedMend: "请确认 history 进程正在运行，然后重试。", choose: "点选一个数值即可绘制趋势",
    signal: "测点", cursor: "光标处", newest: "最新", min: "最小", max: "最大", quality: "质量", remove: "移除 {}",
    compare: "对比时段", noCompare: "无", dayBefore: "前一天", weekBefore: "前一周", export: "导出",
    window: "时段", all: "全部", zoomIn: "放大", zoomOut: "缩小", back: "向前", forward: "向后", atMost: "一张趋势图最多 {} 个测点，请先移除一个",
    keys: "方向键移动光标，+ 和 − 缩放，Home 显示全部，L 回到实时。拖动放大，按住 Shift 拖动平移，按住 Ctrl 滚轮缩放。",
    chart: "{} 的趋势", perPixel: "每点 {}", rawPoints: "逐个采样", earlier: "对比", gap: "无数据",
    proof: "数据源 {} 确认在线", waiting: "等待中", connecting: "连接中", running: "运行", "backing-off": "正在重连", stopped: "已停止", refused: "配置无法工作", unknown: "未收到状态",
    oldest: "最旧数值：{}", "unit-m": "分钟", "unit-h": "小时", "unit-d": "天",
    links: "连接 {}/{} 运行中", held: "边缘暂存 {} 秒", allFresh: "全部新鲜",
  },
};
export const language = document.documentElement.lang.toLowerCase().startsWith("zh") ? "zh" : "en";

/** The word in the reader's language; each {} is replaced in turn. */
export function say(key, ...values) {
  let text = WORDS[language][key] ?? key;
  for (const value of values) text = text.replace("{}", value);
  return text;
}
