"""Site, areas and lines."""

from kandelia_demo_plant.declaration import Area, Name
from kandelia_demo_plant.smt import LINES

SITE_NAME = Name("示例电子厂（虚构）", "Sample Electronics (invented)")
AREAS = (
    Area("smt", Name("贴片车间", "SMT hall"), LINES),
    Area("moulding", Name("注塑车间", "Moulding hall")),
    Area("utilities", Name("公用工程", "Utilities")),
    Area("energy", Name("能源计量", "Energy metering")),
)
