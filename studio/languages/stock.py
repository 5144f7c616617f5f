"""What gradio calls its own controls: in English as it stands there, then as the page says it, English first. What ends
with a space is followed by a field's name, which comes in place of {}."""

STOCK = {
    "Click to Access Webcam": ("Use the camera", "Usar la cámara", "使用摄像头", "استخدام الكاميرا"),
    "grant webcam access": ("Use the camera", "Usar la cámara", "使用摄像头", "استخدام الكاميرا"),
    "Upload file": ("Upload file", "Subir archivo", "上传文件", "رفع ملف"),
    "Capture from camera": ("Capture from camera", "Capturar con la cámara", "用摄像头拍摄", "التقاط بالكاميرا"),
    "capture photo": ("Take the picture", "Hacer la foto", "拍照", "التقاط الصورة"),
    "start recording": ("Start recording", "Empezar a grabar", "开始录制", "بدء التسجيل"),
    "stop recording": ("Stop recording", "Dejar de grabar", "停止录制", "إيقاف التسجيل"),
    "select input source": ("Choose a camera", "Elegir cámara", "选择摄像头", "اختيار الكاميرا"),
    "select source": ("Camera", "Cámara", "摄像头", "الكاميرا"),
    "Paste from clipboard": ("Paste from clipboard", "Pegar del portapapeles", "从剪贴板粘贴", "لصق من الحافظة"),
    "Click to upload or drop files": (
        "Click to upload or drop files",
        "Pulsa para subir archivos o arrástralos aquí",
        "点击上传或拖放文件",
        "انقر لرفع الملفات أو أفلتها هنا",
    ),
    "Remove Image": ("Remove Image", "Quitar la imagen", "移除图片", "إزالة الصورة"),
    "Reset to default value": (
        "Reset to default value",
        "Volver al valor inicial",
        "恢复默认值",
        "إعادة القيمة الأصلية",
    ),
    "number input for ": ("number input for {}", "{}: número", "{}：数字", "{}: رقم"),
    "range slider for ": ("range slider for {}", "{}: deslizador", "{}：滑块", "{}: شريط تمرير"),
    "play-pause-replay-button": ("Play or pause", "Reproducir o pausar", "播放或暂停", "تشغيل أو إيقاف مؤقت"),
    "Adjust volume": ("Adjust volume", "Ajustar el volumen", "调节音量", "ضبط الصوت"),
    "High volume": ("High volume", "Volumen alto", "音量高", "صوت مرتفع"),
    "Low volume": ("Low volume", "Volumen bajo", "音量低", "صوت منخفض"),
    "Muted volume": ("Muted", "Sin sonido", "已静音", "الصوت مكتوم"),
    "full-screen": ("Full screen", "Pantalla completa", "全屏", "ملء الشاشة"),
    "Empty value": ("Empty", "Vacío", "空", "فارغ"),
    "Gradio footer navigation": ("About this page", "Sobre esta página", "关于本页", "عن هذه الصفحة"),
}
