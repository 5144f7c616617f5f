"""What is said where more is asked for than is given: English, Spanish, Chinese, Arabic."""

_WORDS = {
    "too_fast": (
        "That was a lot at once. Please wait a minute and try again.",
        "Has pedido mucho de una vez. Espera un minuto y prueba de nuevo.",
        "请求过于频繁。请等一分钟后再试。",
        "طلبات كثيرة دفعة واحدة. انتظر دقيقة وحاول من جديد.",
    ),
    "too_many_logins": (
        "Too many wrong logins. Please wait 15 minutes and try again.",
        "Demasiados intentos fallidos. Espera 15 minutos y prueba de nuevo.",
        "登录失败次数过多。请等 15 分钟后再试。",
        "محاولات دخول خاطئة كثيرة. انتظر 15 دقيقة وحاول من جديد.",
    ),
    "too_large": (
        "This file is too large.",
        "Este archivo es demasiado grande.",
        "此文件过大。",
        "هذا الملف كبير جدًا.",
    ),
}
DOOR = {
    language: {key: words[place] for key, words in _WORDS.items()}
    for place, language in enumerate(("en", "es", "zh", "ar"))
}
