"""Everything the page says, as data: one table a language, so that a translation is one more table."""

ENGLISH = {
    "title": "Make a picture dance",
    "tagline": "Give a picture of a character and a video of somebody dancing. "
    "Your character dances it, with the music.",
    # The two inputs
    "picture_heading": "1 · Your character",
    "picture": "Picture of your character",
    "picture_hint": "Best: one person or figure, whole body, facing you.",
    "pick_picture": "Or pick one of ours",
    "use_picture": "Use the character {name}",
    "dance_heading": "2 · A dance",
    "dance": "Video of the dance",
    "dance_hint": "Best: one person, whole body, a still camera.",
    "pick_dance": "Or pick one of ours",
    "use_dance": "Use the dance {name}",
    "dance_facts": "{width} × {height}, {seconds:.1f} s, {sound}.",
    "with_sound": "with sound",
    "without_sound": "without sound",
    # The one button, and what is folded
    "animate": "Animate",
    "stop": "Stop",
    "fine_tuning": "Fine tuning",
    "size": "Size",
    "size_hint": "Larger is sharper and takes longer.",
    "size_small": "Small",
    "size_standard": "Standard",
    "size_large": "Large",
    "seconds": "Seconds",
    "seconds_hint": "Length of the clip, up to {most:g} s.",
    "start": "Start at second",
    "start_hint": "Where in the dance the clip begins.",
    "steps": "Steps",
    "steps_hint": "More is finer and slower. 0: as the model was made for.",
    "seed": "Seed",
    "seed_hint": "The same number gives the same clip again.",
    "guidance": "Guidance",
    "guidance_hint": "How closely the character is kept. 0: as the model was made for.",
    "fit": "Body",
    "fit_hint": "Whose proportions the dance is danced with.",
    "fit_proportions": "My character's",
    "fit_size": "The dancer's, in my character's size",
    "fit_off": "The dancer's",
    "place": "Place",
    "place_hint": "Whether the character wanders as the dancer does.",
    "place_auto": "As suits the picture",
    "place_steady": "Stay in place",
    "place_free": "Move about",
    # The clip
    "clip_heading": "3 · Your clip",
    "clip": "Your clip",
    "download": "Download",
    "clip_empty": "Your clip appears here.",
    "example_clip": "A clip we made before. Press Animate to make yours.",
    "preview": "How the clip looks so far",
    "progress": "How much is done",
    "notes": "Good to know",
    # While it works
    "waiting_model": "Getting the model ready…",
    "waiting": "Waiting: {ahead} before you.",
    "one_clip": "one clip is",
    "many_clips": "{count} clips are",
    "starting": "Starting…",
    "watch": "Watching the dance",
    "cut": "Cutting out your character",
    "denoise": "Drawing",
    "write": "Putting the clip together",
    "piece": "{done} of {total}",
    "frame": "frame {done} of {total}",
    "seconds_left": "about {count} s left",
    "minutes_left": "about {count} min left",
    "stopping": "Stopping…",
    # How it ends
    "done": "Done: {seconds:.1f} s of dance, made in {took:.0f} s.",
    "stopped": "Stopped.",
    "lost": "The page was started anew and no longer has your last clip. Please make it again.",
    "apology": "Sorry, something went wrong on our side. If you report it, please quote the number {number}.",
    # What cannot be done
    "no_picture": "Add a picture of your character.",
    "no_dance": "Add a video of a dance.",
    "queue_full": "Many clips are waiting already. Please try again in a few minutes.",
    "too_many": "You have made {count} clips within an hour, the most that is possible here. Please come back later.",
    "disk_full": "The disk of this computer is nearly full. Delete some files and try again.",
    "start_late": "The dance lasts {seconds:.1f} s. Start before that.",
    "taken": "The dance lasts {whole:.1f} s; the clip shows {part:.1f} s of it, from {start:.1f} s on. "
    "Choose another part under Fine tuning.",
    "too_long": "{seconds:g} seconds; a clip lasts at most {most:g} s here. Lower the seconds under Fine tuning.",
    # The small print
    "model_loading": "The model is being loaded.",
    "model": "{words}",
    "limits": "Here a clip lasts at most {seconds:g} s, a file may have {megabytes} MB, "
    "and files are deleted after {hours:g} hours.",
}

LANGUAGES = {"en": ENGLISH}


def say(key: str, **values: object) -> str:
    """The words for `key`, with `values` put in. Raises KeyError for words that are nowhere."""
    return LANGUAGES["en"][key].format(**values)
