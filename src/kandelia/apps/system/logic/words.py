"""What people call the platform's processes and figures. Pure."""

from kandelia.base.text import LocalText

ROLE_NAMES = {
    "web": LocalText("网页与接口", "Web and API"),
    "edge": LocalText("边缘采集", "Edge"),
    "history": LocalText("历史库", "History"),
    "live": LocalText("实时推送", "Live feed"),
    "jobs": LocalText("后台任务", "Jobs"),
    "bus": LocalText("消息总线", "Message bus"),
    "demo-plant": LocalText("示例工厂", "Demo plant"),
    "boot": LocalText("监督进程", "Supervisor"),
}
GAUGE_NAMES = {
    "memory_bytes": LocalText("内存", "Memory"),
    "processor_percent": LocalText("处理器占用", "Processor"),
    "restarts": LocalText("重启次数", "Restarts"),
    "troubles": LocalText("故障数", "Troubles"),
    "processes_running": LocalText("运行中的进程", "Processes running"),
    "edge_stream_messages": LocalText("采集待记录批次", "Collected, to be recorded"),
    "load_stream_messages": LocalText("导入待记录批次", "Loaded, to be recorded"),
    # web
    "connections": LocalText("连接数", "Connections"),
    "connections_refused": LocalText("拒绝的连接", "Connections refused"),
    "connections_timed_out": LocalText("超时的连接", "Connections timed out"),
    "live_connections": LocalText("实时页面", "Live pages"),
    "requests_total": LocalText("累计请求", "Requests answered"),
    "requests_waiting": LocalText("等待的请求", "Requests waiting"),
    # edge
    "batches_stored": LocalText("累计写入批次", "Batches stored"),
    "connections_enabled": LocalText("启用的数据源", "Sources enabled"),
    "connections_running": LocalText("运行中的数据源", "Sources running"),
    "errors": LocalText("错误数", "Errors"),
    "held_bytes": LocalText("暂存数据量", "Held data"),
    "held_s": LocalText("暂存时长", "Held for"),
    "samples_clock_replaced": LocalText("时间被改正的样本", "Samples given our clock"),
    "samples_lost": LocalText("丢失样本", "Samples lost"),
    "samples_received": LocalText("累计收到样本", "Samples received"),
    "samples_stored": LocalText("累计写入样本", "Samples stored"),
    "samples_unfit": LocalText("不合格样本", "Samples unfit"),
    "signals_refused": LocalText("无法取得的测点", "Signals refused"),
    # history
    "flush_ms": LocalText("上次写盘用时", "Last write took"),
    "flush_rows": LocalText("上次写盘行数", "Rows of last write"),
    "history_bytes": LocalText("历史数据量", "History on disk"),
    "history_rows": LocalText("历史样本数", "Samples in history"),
    "quarantined": LocalText("隔离批次", "Batches quarantined"),
    "quarantined_rows": LocalText("隔离样本", "Quarantined"),
    "quarantined_foreign_signal_rows": LocalText("隔离：他人测点", "Quarantined: another's signal"),
    "quarantined_future_rows": LocalText("隔离：时间在未来", "Quarantined: time in the future"),
    "quarantined_no_organisation_rows": LocalText("隔离：组织未知", "Quarantined: no organisation"),
    "quarantined_not_a_batch_rows": LocalText("隔离：无法解读", "Quarantined: not readable"),
    "quarantined_store_refused_rows": LocalText("隔离：历史库拒收", "Quarantined: refused by the store"),
    "quarantined_text_length_rows": LocalText("隔离：文本过长", "Quarantined: text too long"),
    "quarantined_time_range_rows": LocalText("隔离：时间超出范围", "Quarantined: time out of range"),
    "quarantined_unknown_signal_rows": LocalText("隔离：测点未知", "Quarantined: unknown signal"),
    "quarantined_wrong_kind_rows": LocalText("隔离：类型不符", "Quarantined: wrong type"),
    "questions_answered": LocalText("累计查询", "Questions answered"),
    "questions_refused": LocalText("拒绝的查询", "Questions refused"),
    "questions_waiting": LocalText("等待的查询", "Questions waiting"),
    "recorded_rows": LocalText("累计记录样本", "Samples recorded"),
    "recorder_held_bytes": LocalText("记录器缓存", "Held by the recorder"),
    "recorder_lag_s": LocalText("记录滞后", "Recorder lag"),
    "recorder_messages_waiting": LocalText("待记录批次", "Batches waiting"),
    "rows_per_s": LocalText("写入速率", "Rows written"),
    "signals": LocalText("测点数", "Signals"),
    # live
    "messages_garbage": LocalText("无法解读的消息", "Messages not readable"),
    "messages_missed": LocalText("漏掉的消息", "Messages missed"),
    "samples_per_s": LocalText("采样速率", "Samples"),
    "sockets": LocalText("实时连接数", "Live sockets"),
    "sockets_dropped": LocalText("断开的慢连接", "Slow sockets dropped"),
    "sockets_refused": LocalText("拒绝的实时连接", "Sockets refused"),
    "values_sent_per_s": LocalText("推送速率", "Values sent"),
    # jobs
    "jobs_done": LocalText("完成的任务", "Jobs done"),
    "jobs_failed": LocalText("失败的任务", "Jobs failed"),
    "jobs_running": LocalText("运行中的任务", "Jobs running"),
    "snapshot_due_documents": LocalText("待下发配置", "Configuration on its way"),
}
KEY_GAUGES = {  # what a process is judged by; the rest stands behind a disclosure
    "web": ("live_connections", "requests_waiting"),
    "edge": ("connections_running", "held_s", "samples_lost"),
    "history": ("recorder_lag_s", "rows_per_s", "history_bytes", "quarantined_rows"),
    "live": ("sockets", "values_sent_per_s"),
    "jobs": ("jobs_running", "jobs_failed"),
    "bus": ("edge_stream_messages", "load_stream_messages"),
    "boot": ("processes_running",),
}


def role_name(role: str) -> LocalText:
    """What people call a process; its own name where they have none."""
    return ROLE_NAMES.get(role, LocalText(role, role))


def gauge_name(gauge: str) -> LocalText:
    """What people call a figure; the words of its own name where they have none."""
    return GAUGE_NAMES.get(gauge, LocalText("", gauge.replace("_", " ").capitalize()))
