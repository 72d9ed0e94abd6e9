"""When each flow starts by itself, in London; light to load, for whoever watches from outside."""

CRONS = {
    "survey": "0 3 * * *",
    "reconcile": "0 4 * * 1",
    "audit": "0 5 * * 1",
    "propose": "0 6 * * 1",
    "advance": "30 6 * * *",
    "report": "0 7 * * *",
    "remind": "0 8 * * *",
}
