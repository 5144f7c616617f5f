"""What the core says of the device, its memory and its disk, in the same way."""

LODGING = [
    (
        "A file could not be written or read: {why}.",
        "No se pudo escribir o leer un archivo: {why}.",
        "无法写入或读取文件：{why}。",
        "تعذّرت كتابة ملف أو قراءته: {why}.",
    ),
    (
        "Free some space and try again.",
        "Libera espacio y prueba otra vez.",
        "请释放一些空间后再试。",
        "أفرغ بعض المساحة وحاول من جديد.",
    ),
    (
        "Look whether its folder may be used, and try again.",
        "Mira si se puede usar su carpeta y prueba otra vez.",
        "请检查是否可以使用其文件夹，然后再试。",
        "تحقّق من إمكان استخدام مجلّده وحاول من جديد.",
    ),
    (
        "All of the model is on the device.",
        "Todo el modelo está en el dispositivo.",
        "整个模型都在设备上。",
        "النموذج كله على الجهاز.",
    ),
    (
        "Each part of the model is on the device while it works.",
        "Cada parte del modelo está en el dispositivo mientras trabaja.",
        "模型的每个部分仅在工作时位于设备上。",
        "كل جزء من النموذج على الجهاز أثناء عمله فقط.",
    ),
    (
        "Each part of the model is on the device while it works, on a few frames at once.",
        "Cada parte del modelo está en el dispositivo mientras trabaja, con pocos fotogramas a la vez.",
        "模型的每个部分仅在工作时位于设备上，每次处理少量帧。",
        "كل جزء من النموذج على الجهاز أثناء عمله فقط، وعلى إطارات قليلة في كل مرة.",
    ),
    (
        "The model comes to the device layer by layer, which takes longer.",
        "El modelo llega al dispositivo capa por capa, lo que tarda más.",
        "模型逐层送到设备上，耗时更长。",
        "يصل النموذج إلى الجهاز طبقة طبقة، وهذا يستغرق وقتًا أطول.",
    ),
    (
        "Memory ran out, so the clip goes on with less of it.",
        "Se acabó la memoria, así que el clip sigue con menos.",
        "内存不足，因此片段以较少的内存继续。",
        "نفدت الذاكرة، لذا يستمر المقطع بقدر أقل منها.",
    ),
    (
        "{title} model on {device}.",
        "Modelo {title} en {device}.",
        "{title} 模型，运行于 {device}。",
        "نموذج {title} على {device}.",
    ),
    (
        "Embedded model on {device}.",
        "Modelo incluido en {device}.",
        "内置模型，运行于 {device}。",
        "النموذج المضمّن على {device}.",
    ),
    (
        "{count} processor cores",
        "{count} núcleos del procesador",
        "{count} 个处理器核心",
        "{count} من أنوية المعالج",
    ),
    (
        "1 processor core",
        "1 núcleo del procesador",
        "1 个处理器核心",
        "نواة واحدة للمعالج",
    ),
    (
        "The NVIDIA card here is not used: this torch was built for processors alone.",
        "La tarjeta NVIDIA de aquí no se usa: este torch se hizo solo para procesadores.",
        "这里的 NVIDIA 显卡未被使用：已安装的 torch 仅支持处理器。",
        "لا تُستخدم بطاقة NVIDIA الموجودة هنا: torch المثبّت مخصّص للمعالجات وحدها.",
    ),
    (
        "The README says which one to install.",
        "El README dice cuál hay que instalar.",
        "README 中说明了应安装哪一个。",
        "يذكر ملف README ما ينبغي تثبيته.",
    ),
    (
        "The NVIDIA card here is not used: it is older than what this torch was built for.",
        "La tarjeta NVIDIA de aquí no se usa: es más antigua que aquellas para las que se hizo este torch.",
        "这里的 NVIDIA 显卡未被使用：它太旧，已安装的 torch 不支持。",
        "لا تُستخدم بطاقة NVIDIA الموجودة هنا: فهي أقدم مما صُنع له torch المثبّت.",
    ),
    (
        "The network's answer went beyond its precision.",
        "La respuesta de la red se salió de su precisión.",
        "网络的结果超出了其精度范围。",
        "تجاوزت إجابة الشبكة حدود دقّتها.",
    ),
    (
        "Start the program with another, such as --dtype float32; if that does not help, get the model's files again.",
        "Arranca el programa con otra, como --dtype float32; si no sirve, consigue otra vez los archivos del modelo.",
        "请以其他精度启动程序，例如 --dtype float32；若仍无效，请重新获取模型文件。",
        "شغّل البرنامج بدقّة أخرى، مثل --dtype float32؛ وإن لم يفد ذلك فاجلب ملفات النموذج من جديد.",
    ),
]
