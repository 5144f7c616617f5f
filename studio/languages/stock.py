"""What gradio calls its own controls: in English as it stands there, then as the page says it, English first."""

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
}
