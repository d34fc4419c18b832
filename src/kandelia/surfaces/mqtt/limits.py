"""Every bound of the listener. What is beyond one is refused or left out with a word, never gathered without end."""

CONNECTIONS_MAX = 5_000  # at once
STRANGERS_MAX = 200  # that have not said CONNECT yet
CONNECT_S = 10.0  # to say CONNECT
CONNECT_BYTES_MAX = 300_000  # with user, password and a will of 64 kB each
MESSAGE_BYTES_MAX = 1_000_000
MESSAGES_PER_S_MAX = 5_000.0  # of one client; beyond it is read more slowly
BYTES_PER_S_MAX = 10_000_000.0
BURST_S = 2.0  # how much of a rate may come at once
FAILED_LOGINS_MAX = 30  # from one address within FAILED_LOGINS_S; then it is refused unheard
FAILED_LOGINS_S = 60.0
FAILED_ADDRESSES_MAX = 10_000
SUBSCRIPTIONS_MAX = 2_000  # of one client
QUEUED_MESSAGES_MAX = 20_000  # for one client that is slow or away; then QoS 0 and the newest are left out
QUEUED_BYTES_MAX = 32_000_000
WRITE_BUFFER_BYTES = 256_000
SLOW_S = 60.0  # a client that takes nothing for so long, while something waits, is let go
INFLIGHT_MAX = 100  # unacknowledged to one client
RECEIVED_QOS2_MAX = 1_000  # whose PUBREL has not come
TOPIC_ALIASES_MAX = 64
RETAINED_MAX = 20_000  # of one organisation
RETAINED_BYTES_MAX = 64_000_000
SESSIONS_MAX = 10_000  # of one organisation, with those of clients that are away
SESSION_S_MAX = 86_400  # a client that is away for so long is forgotten
KEEP_ALIVE_SLACK = 1.5  # MQTT 5.0, 3.1.2.10
SWEEP_S = 1.0
STOP_S = 2.0
