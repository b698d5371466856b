"""What a server is told. The options of the program exchange have the same names."""

from dataclasses import dataclass

from .binance_tape import DAYS, PER_DAY, START


@dataclass
class Settings:
    tls: tuple = None  # (certificate, key)
    verbose: bool = False
    compress: bool = False
    per_frame: int = None
    heartbeat: float = 1
    chaos: int = None
    chaos_faults: int = 12
    chaos_hide: float = 0.1
    replay: str = None
    replay_speed: float = 1
    kraken_rate: float = 0
    kraken_burst: float = 3
    binance: str = "BTCUSDT,ETHUSDT,BTCUSD_PERP"
    binance_start: str = START
    binance_days: int = DAYS
    binance_per_day: int = PER_DAY
    binance_head: int = None
    binance_archives: str = None
    binance_weight: int = 6000
    binance_minute: int = 60_000
    binance_patience: int = 3
