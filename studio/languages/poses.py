"""What the core tells people about who is seen and how it dances; as in core.py."""

POSES = [
    (
        "Nobody was found in {file}, in none of the frames 0 to {last}.",
        "No se ha encontrado a nadie en {file}, en ninguno de los fotogramas 0 a {last}.",
        "{file} 的第 0 至 {last} 帧中都没有找到人。",
        "لم يُعثر على أحد في {file}، في أي من الإطارات 0 إلى {last}.",
    ),
    (
        "Use a video in which a person is seen whole, not too small, from the front.",
        "Usa un vídeo en el que se vea a una persona entera, no muy pequeña y de frente.",
        "请使用能看到正面全身、人物不太小的视频。",
        "استخدم فيديو يظهر فيه شخص كاملًا من الأمام وليس صغيرًا جدًا.",
    ),
    (
        "The dancer is not seen in {share} of the video, in frames {frames}; the character waits there.",
        "En el {share} del vídeo no se ve al bailarín (fotogramas {frames}); ahí el personaje espera.",
        "视频的 {share}（帧 {frames}）中看不到舞者；角色会在那里等待。",
        "لا يظهر الراقص في {share} من الفيديو (الإطارات {frames})؛ وهناك تنتظر الشخصية.",
    ),
    (
        "The GPU was asked for, but people are looked for on the processor, which is slower.",
        "Se pidió la GPU, pero a las personas se las busca en el procesador, que es más lento.",
        "要求使用 GPU，但查找人物是在较慢的处理器上进行的。",
        "طُلبت وحدة معالجة الرسوم، لكن البحث عن الأشخاص يجري على المعالج الأبطأ.",
    ),
    (
        "Install onnxruntime-gpu for this GPU's CUDA.",
        "Instala onnxruntime-gpu para el CUDA de esta GPU.",
        "请为此 GPU 的 CUDA 安装 onnxruntime-gpu。",
        "ثبّت onnxruntime-gpu الملائم لإصدار CUDA.",
    ),
    (
        "The character is seen from the side, so it keeps the dancer's proportions.",
        "El personaje se ve de lado, así que conserva las proporciones del bailarín.",
        "角色是侧面的，因此保持舞者的身体比例。",
        "تظهر الشخصية من الجانب، لذا تحتفظ بتناسب جسم الراقص.",
    ),
    (
        "A picture from the front dances better.",
        "Una imagen de frente baila mejor.",
        "正面的图片跳得更好。",
        "الصورة من الأمام ترقص أفضل.",
    ),
    (
        "The character sits in its picture: its legs stay as they are and only the rest dances.",
        "El personaje está sentado: sus piernas quedan como están y solo baila el resto.",
        "图片中的角色坐着：腿保持原样，只有其余部分跳舞。",
        "الشخصية جالسة في صورتها: تبقى ساقاها كما هما ويرقص الباقي فقط.",
    ),
    (
        "A picture of somebody standing dances better.",
        "Una imagen de alguien de pie baila mejor.",
        "站立的图片跳得更好。",
        "صورة شخص واقف ترقص أفضل.",
    ),
    (
        "This is a skeleton video: its joints are read from the drawing.",
        "Es un vídeo de esqueletos: las articulaciones se leen del dibujo.",
        "这是骨架视频：关节从图中读取。",
        "هذا فيديو هياكل: تُقرأ المفاصل من الرسم.",
    ),
    (
        "The dancer and the character share no limb to compare, so the dance keeps its own size.",
        "El bailarín y el personaje no comparten miembros que comparar, así que el baile conserva su tamaño.",
        "舞者与角色没有可比较的肢体，因此舞蹈保持原来的大小。",
        "لا أطراف مشتركة للمقارنة بين الراقص والشخصية، لذا تبقى الرقصة بحجمها.",
    ),
    ("Nobody is seen in the dance.", "En el baile no se ve a nadie.", "舞蹈中看不到人。", "لا يظهر أحد في الرقصة."),
    (
        "The picture does not show the character's feet, so the body stays where the picture's edge cuts it.",
        "La imagen no muestra los pies, así que el cuerpo queda donde lo corta el borde.",
        "图片中看不到角色的脚，因此身体停在画面边缘处。",
        "لا تُظهر الصورة قدمي الشخصية، لذا يبقى الجسم حيث تقطعه حافة الصورة.",
    ),
    (
        "The dance shows no feet; the character's legs stay as they are in the picture.",
        "El baile no muestra los pies; las piernas del personaje quedan como en la imagen.",
        "舞蹈中看不到脚；角色的腿保持图片中的样子。",
        "لا تُظهر الرقصة القدمين؛ وتبقى ساقا الشخصية كما في الصورة.",
    ),
    (
        "The dance needs more room than the picture has: the character is drawn at {share} of its size.",
        "El baile necesita más espacio del que hay: el personaje se dibuja al {share} de su tamaño.",
        "舞蹈需要的空间比图片大：角色按 {share} 的大小绘制。",
        "تحتاج الرقصة إلى مساحة أكبر من الصورة: تُرسم الشخصية بنسبة {share} من حجمها.",
    ),
    (
        "{file} cannot be read as a keypoint file.",
        "{file} no se puede leer como archivo de puntos.",
        "无法将 {file} 读取为关键点文件。",
        "تعذّرت قراءة {file} كملف نقاط.",
    ),
    ("Save it anew.", "Guárdalo de nuevo.", "请重新保存。", "احفظه من جديد."),
    (
        "{file} is no keypoint file of version {version}: it needs version, size, fps and points, frames x 134 x 3.",
        "{file} no es un archivo de puntos de la versión {version}: faltan version, size, fps y points, n x 134 x 3.",
        "{file} 不是版本 {version} 的关键点文件：需要 version、size、fps 和 points（帧 x 134 x 3）。",
        "ليس {file} ملف نقاط من الإصدار {version}: يلزمه version وsize وfps وpoints بأبعاد n x 134 x 3.",
    ),
]
