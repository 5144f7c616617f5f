"""What a visitor's files are called in what the core says: kept with a clip, they have lost their own names."""

OWN = {
    "dance": {"en": "your video", "es": "tu vídeo", "zh": "你的视频", "ar": "مقطع الفيديو الذي اخترته"},
    "picture": {"en": "your picture", "es": "tu imagen", "zh": "你的图片", "ar": "صورتك"},
    "pose": {
        "en": "your keypoint file",
        "es": "tu archivo de puntos",
        "zh": "你的关键点文件",
        "ar": "ملف النقاط الخاص بك",
    },
}
