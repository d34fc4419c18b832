// What dashboards, compare and explorer say, in the language of the page.
import { language } from "../islands/words.js";

const WORDS = {
  en: {
    find: "Name, id or number", nothing: "No signal fits", failed: "The search failed; try again", remove: "Remove {}", up: "{} one up", settings: "Settings",
    drop: "Remove", size: "Drag to size", saved: "Saved", back: "Changes that were not saved are back.", discard: "Discard them",
    changed: "Somebody else has saved this dashboard meanwhile. Load theirs and lose your changes, or save yours over theirs.", theirs: "Load theirs", mine: "Save mine over theirs",
    noRoom: "There is no room left: make another tile smaller, or remove one.", arrange: "Arrange", done: "Done",
    placed: "Column {}, row {}, {} wide, {} high", trend: "Trend", value: "Value", card: "Machine", table: "Table", text: "Text", tile: "Tile: {}", nameless: "Give it a name in Chinese or in English.",
  },
  zh: {
    find: "名称、标识或编号", nothing: "没有符合的测点", failed: "搜索失败，请重试", remove: "移除 {}", up: "{} 上移一位", settings: "设置",
    drop: "移除", size: "拖动以调整大小", saved: "已保存", back: "已恢复上次未保存的修改。", discard: "放弃这些修改",
    changed: "其间已有他人保存了此看板。可载入对方版本并放弃您的修改，或用您的版本覆盖。", theirs: "载入对方版本", mine: "用我的覆盖",
    noRoom: "没有空位了：请缩小或移除其他磁贴。", arrange: "编排", done: "完成",
    placed: "第 {} 列，第 {} 行，宽 {}，高 {}", trend: "趋势", value: "数值", card: "设备", table: "表格", text: "文字", tile: "磁贴：{}", nameless: "请填写中文或英文名称。",
  },
};

/** The word in the reader's language; each {} is replaced in turn. */
export function say(key, ...values) {
  let text = WORDS[language][key] ?? key;
  for (const value of values) text = text.replace("{}", value);
  return text;
}
