"""What the core tells of the models one can get, in the same way."""

OFFERS = [
    (
        "the project's own, like the code",
        "la del propio proyecto, como el código",
        "与代码相同的项目自有许可",
        "ترخيص المشروع نفسه، كالشيفرة",
    ),
    ("for non-commercial use", "para uso no comercial", "仅限非商业用途", "للاستخدام غير التجاري"),
    (
        "Apache-2.0, as its code; its weights state none of their own",
        "Apache-2.0, como su código; sus pesos no indican ninguna propia",
        "与其代码相同的 Apache-2.0；其权重未另行声明",
        "Apache-2.0 كشيفرته؛ أما أوزانه فلا تذكر ترخيصًا خاصًا",
    ),
    ("Any use.", "Cualquier uso.", "任何用途。", "أي استخدام."),
    ("Commercial use too.", "También uso comercial.", "也可商用。", "والاستخدام التجاري أيضًا."),
    (
        "Research and other non-commercial use only.",
        "Solo investigación y otros usos no comerciales.",
        "仅限研究及其他非商业用途。",
        "للبحث والاستخدامات غير التجارية فقط.",
    ),
    (
        "Ask novita.ai before you rely on the weights.",
        "Pregunta a novita.ai antes de depender de los pesos.",
        "依赖这些权重之前请先询问 novita.ai。",
        "اسأل novita.ai قبل أن تعتمد على الأوزان.",
    ),
    (
        "The image encoder and Stable Diffusion beneath are under CreativeML OpenRAIL-M, which forbids harmful uses.",
        "El codificador de imagen y el Stable Diffusion de base usan CreativeML OpenRAIL-M, que prohíbe usos dañinos.",
        "其图像编码器与底层 Stable Diffusion 采用 CreativeML OpenRAIL-M，禁止有害用途。",
        "مشفّر الصور وStable Diffusion تحته بترخيص CreativeML OpenRAIL-M الذي يمنع الاستخدامات الضارة.",
    ),
    (
        "{title} is not here and HF_HUB_OFFLINE is set.",
        "{title} no está aquí y HF_HUB_OFFLINE está activo.",
        "{title} 不在此处，且设置了 HF_HUB_OFFLINE。",
        "{title} ليس هنا والمتغير HF_HUB_OFFLINE مضبوط.",
    ),
    (
        "Unset it to get the files.",
        "Quítalo para traer los archivos.",
        "取消该设置即可获取文件。",
        "ألغِ ضبطه لجلب الملفات.",
    ),
]
