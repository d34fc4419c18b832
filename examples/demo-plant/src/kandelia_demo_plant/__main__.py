"""`python -m kandelia_demo_plant`."""

from kandelia_demo_plant.command import main

main()
