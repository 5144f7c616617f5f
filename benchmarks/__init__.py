"""Speed and quality, measured: each script prints a table, and says beside what it is compared.

    python -m benchmarks.NAME

agree     how far a device and precision are from the reference implementation's answers for a toy checkpoint
clip      from upload to playable clip: seconds a stage, and the most memory
cores     what each lever of a processor is worth
estimate  how long clips were said to take, beside how long they took
gate      what the shortcuts cost in the embedded model's pictures
kills     the studio killed at random moments, and what is lost
levers    what each lever is worth on any device, and where a step's time goes
load      a hundred visitors look about while twenty have clips made; needs locust, whose visitors are in `locustfile`
lodgings  the plans for small devices: which one a card gets, and whether its answers are the same
pose      the front end: frames a second, and how well dances fit bodies of known proportions
quality   the embedded model's pictures and clips, on held-out characters
roofline  the least that a step can take
scaling   how time and memory grow with the length of a clip
soak      jobs back to back for hours: memory, files, and whether every clip plays
speed     steps beside those of Moore-AnimateAnyone's own pipeline, which `moore` runs
stop      the studio stopped while a clip is watched, cut or written: how soon it ends, and what is there after
world     how fast the puppet world is rendered

gpu.sh is all that needs a CUDA device. `subject` is what speed is measured of, `dancers` what the front end is measured
of and `beats` by what, `watched` a server that is measured, `gains` what a model is better by, `telling` how it is
said. What was measured lies in results/.
"""
