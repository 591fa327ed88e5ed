// The words of the page, in English and in Chinese.

const WORDS = {
  studio: ['studio', '工作室'], language: ['Language', '语言'], light: ['Light', '浅色'], dark: ['Dark', '深色'], close: ['Close', '关闭'],
  tab_data: ['Data', '数据'], tab_train: ['Train', '训练'], tab_prove: ['Prove', '验证'], tab_try: ['Try', '试用'], tab_use: ['Use', '使用'],
  intro_data: ['Questions with their SQL: bring files, make pairs from a database, see what is wrong with them before a model learns it.', '问题与 SQL：上传文件，或从数据库生成；在模型学习之前先看清数据的毛病。'],
  intro_train: ['Tune a model on your data. Each setting says what it trades for what; a dry run shows what is learned and what it takes.', '用您的数据调优模型。每个设置旁都写明利弊；试运行会显示学什么、要多少资源。'],
  intro_prove: ['A model is better when it answers more questions that were kept apart. Every score has its interval.', '只有在留出的问题上答对更多，模型才算更好。每个分数都带有区间。'],
  intro_try: ['Ask the base and the tuned model the same question, side by side, each with its receipt.', '向底座和调优后的模型并排提同一个问题，各附说明。'],
  intro_use: ['Let a model answer a database from now on, write it as files for other programs, or open the chat page.', '让模型从此回答某个数据库，导出给其他程序使用，或打开聊天页面。'],
  part_files: ['Files and checks', '文件与检查'], part_make: ['Make pairs', '生成数据对'], part_pairs: ['Edit and approve', '编辑与批准'],
  part_new: ['New run', '新的训练'], part_adapt: ['For my database', '针对我的数据库'], part_runs: ['Runs', '训练记录'],
  part_score: ['Score models', '给模型评分'], part_reports: ['Reports', '报告'], part_sweep: ['Sampling', '采样'], part_pages: ['Pages', '页面'],
  // jobs
  activity: ['Activity', '活动'], activity_more: ['Every command that the studio started. They go on when this page, or the studio, is closed.', '工作室启动的所有命令。关闭本页或工作室后它们仍会继续。'],
  no_jobs: ['Nothing was started yet.', '还没有启动任何命令。'], details: ['Details', '详情'], command: ['Command', '命令'], copy: ['Copy', '复制'], copied: ['Copied', '已复制'], log: ['Log', '日志'],
  command_of: ['command {step} of {count}', '第 {step} 个命令，共 {count} 个'], stop: ['Stop', '停止'], stop_and_save: ['Stop and save', '停止并保存'],
  stop_saves: ['Ends after this step. Resume continues from there.', '完成这一步后结束，之后可以从那里继续。'], stop_at_once: ['Stop at once', '立即停止'],
  state_waiting: ['waiting', '排队中'], state_running: ['running', '运行中'], state_done: ['done', '完成'], state_failed: ['failed', '失败'], state_stopped: ['stopped', '已停止'], state_lost: ['ended unexpectedly', '意外结束'],
  kind_inspect: ['Inspect', '检查'], kind_split: ['Split', '切分'], kind_synthesize: ['Make pairs', '生成数据对'], kind_run: ['Run SQL', '运行 SQL'], 'kind_dry-run': ['Dry run', '试运行'], kind_train: ['Train', '训练'],
  kind_adapt: ['Adapt', '适配'], kind_prove: ['Score', '评分'], kind_compare: ['Compare', '比较'], kind_sweep: ['Sampling', '采样'], kind_ask: ['Ask', '提问'], kind_export: ['Export', '导出'], kind_register: ['Register', '登记'], kind_chat: ['Chat page', '聊天页面'],
  // the foot
  leaves_nothing: ['Nothing leaves this machine, unless you name a model or data set on a hub.', '没有数据离开本机，除非您指定 hub 上的模型或数据集。'], leaves_nothing_short: ['nothing left this machine', '没有数据离开本机'],
  folder: ['Folder', '文件夹'], cores: ['{count} cores', '{count} 核'], memory: ['{gb} GB memory', '内存 {gb} GB'], disk: ['{gb} GB free on disk', '磁盘剩余 {gb} GB'],
  // files
  your_files: ['Your data', '您的数据'], your_files_more: ['Spider, BIRD, gretel, alpaca, chat messages, CSV and more; the format is found from the rows.', '支持 Spider、BIRD、gretel、alpaca、对话消息、CSV 等；格式自动识别。'],
  no_data: ['There is no data yet. Upload a file, or', '还没有数据。上传文件，或者'], make_pairs: ['make pairs from a database', '从数据库生成数据对'],
  upload_data: ['Upload data', '上传数据'], upload_database: ['Upload a database', '上传数据库'], uploading: ['Uploading {name} …', '正在上传 {name} ……'], uploaded: ['{name} is here.', '已上传 {name}。'],
  open: ['Open', '打开'], download: ['Download', '下载'], file: ['File', '文件'],
  inspect_title: ['What is in it', '里面有什么'], inspect_more: ['Counts, lengths and faults of the chosen files. With several files also what they share: a test question that is in the training data makes a score worthless.', '所选文件的数量、长度和毛病。选多个文件时还会查它们的重叠：测试题若出现在训练数据里，分数就没有意义。'],
  inspect: ['Inspect', '检查'], databases_of: ['Databases of the questions', '问题所涉及的数据库'], databases_of_more: ['With them every gold SQL is run, read-only.', '选定后会只读运行每条标准 SQL。'], no_databases: ['none: SQL is only parsed', '无：只解析 SQL'],
  split_title: ['Split', '切分'], split_more: ['Parts that share no question and no dialogue. The same file always gives the same parts. Uses the first chosen file.', '各部分不共享问题和对话；同一文件总是得到相同的划分。使用所选的第一个文件。'], split: ['Split', '切分'], ratio: ['Parts', '划分'],
  ratio_811: ['8 : 1 : 1 (train, dev, test)', '8 : 1 : 1（训练、开发、测试）'], ratio_73: ['7 : 3 (train, test)', '7 : 3（训练、测试）'], ratio_91: ['9 : 1 (train, test)', '9 : 1（训练、测试）'], ratio_11: ['1 : 1 (train, test)', '1 : 1（训练、测试）'],
  by_database: ['No database in two parts', '同一数据库不跨部分'], by_database_more: ['Harder, and right if the model will meet new databases.', '更难；若模型要面对新数据库，应当这样。'],
  rows: ['rows', '行'], questions: ['questions', '问题'], databases: ['databases', '数据库'], dialogues: ['dialogues', '对话'], in_chinese: ['in Chinese', '中文'], format: ['format', '格式'], tokens: ['tokens', 'token'],
  gold_title: ['Gold SQL that is not right', '有问题的标准 SQL'], gold_unparsable: ['cannot be parsed', '无法解析'], gold_refused: ['refused by the guard', '被安全检查拒绝'], gold_failed: ['fails', '运行失败'], gold_timeout: ['takes too long', '超时'], gold_empty: ['returns no row', '结果为空'], gold_no_database: ['has no database', '没有数据库'],
  doubles_title: ['Rows to look at', '需要留意的行'], duplicate_questions: ['repeated questions', '重复的问题'], duplicate_sql: ['repeated SQL', '重复的 SQL'], duplicate_ids: ['repeated ids', '重复的编号'], bad_rows: ['unreadable rows', '无法读取的行'], without_sql: ['without SQL', '没有 SQL'],
  length_question: ['Length of questions', '问题长度'], length_sql: ['Length of SQL', 'SQL 长度'], length_schema: ['Length of schemas', '表结构长度'], length_prompt: ['Length of prompts', '提示词长度'],
  findings: ['Examples: {count}', '示例：{count}'], leaks: ['What the files share', '文件之间的重叠'], leak_first: ['in', '出现在'], leak_second: ['questions of', '问题来自'], leak_question: ['same words', '文字相同'], leak_both: ['and same database', '且数据库相同'], leak_database: ['same database', '同一数据库'],
  // pairs
  make_title: ['Pairs from a database', '从数据库生成数据对'], make_more: ['Questions with SQL in the shapes that people ask, filled from your tables. Each query was run, and each clause of it matters.', '按人们常用的句型，用您的表填充出问题与 SQL。每条查询都运行过，每个子句都有作用。'],
  database: ['Database', '数据库'], demo: ['Sample database (outdoor shop)', '示例数据库（户外用品店）'], count: ['Pairs', '数量'], count_more: ['1,000 to 3,000 teach one database.', '1000 到 3000 对足以教会一个数据库。'], wordings: ['Wordings', '说法数'], wordings_more: ['Questions for each query.', '每条查询的问法数。'], seed: ['Seed', '种子'], seed_more: ['Another one gives other pairs.', '换一个得到不同的数据对。'],
  constructs: ['What the queries may use', '查询可以使用'], clause_join: ['joins', '连接'], clause_where: ['conditions', '条件'], clause_group_by: ['groups', '分组'], clause_having: ['conditions on groups', '分组条件'], clause_order_by: ['ordering', '排序'], clause_limit: ['top rows', '前几行'], clause_nested: ['nested queries', '嵌套查询'], clause_set_operation: ['set operations', '集合运算'], clause_aggregate: ['sums and counts', '汇总'], clause_distinct: ['distinct values', '去重'],
  preview: ['Preview 20', '预览 20 对'], make: ['Make', '生成'], made_clauses: ['Clauses in {count} pairs', '{count} 对中的子句'],
  pairs_title: ['Edit and approve', '编辑与批准'], pairs_more: ['Approving runs the SQL first, read-only. Approved pairs are written into a file of their own, which a run can learn from or be judged by.', '批准前会先只读运行 SQL。批准的数据对写入单独的文件，可用于训练或评判。'],
  question: ['Question', '问题'], approved_count: ['{count} approved', '已批准 {count} 对'], approved_in: ['Written to {file}.', '已写入 {file}。'], unread: ['{count} rows cannot be read', '{count} 行无法读取'], approve_page: ['Approve this page as it is', '按现状批准本页'], earlier: ['Earlier', '上一页'], later: ['Later', '下一页'],
  approved: ['approved', '已批准'], approve: ['Approve', '批准'], approve_more: ['Runs the SQL, and stores the pair if it runs', '先运行 SQL，成功后保存'], take_back: ['Take back', '撤销'], run: ['Run', '运行'],
  no_value: ['no value', '空值'], first_rows: ['the first {shown} of {count} rows', '前 {shown} 行，共 {count} 行'], no_rows: ['No rows', '没有行'],
  // train
  begin_with: ['Begin with', '从这里开始'], start_try: ['Try it out', '先试一试'], start_try_more: ['A new small model on the sample database: a few minutes on a laptop, nothing downloaded.', '在示例数据库上训练一个全新的小模型：笔记本几分钟，无需下载。'],
  start_lora: ['Tune a language model', '调优语言模型'], start_lora_more: ['LoRA on an open model of 1.5 billion parameters; wants a GPU. Fetches the model from the hub.', '对 15 亿参数的开放模型做 LoRA，需要 GPU；会从 hub 下载模型。'],
  start_parser: ['Train the built-in model', '训练内置模型'], start_parser_more: ['Further on your questions and databases; runs on any processor.', '用您的问题和数据库继续训练；任何处理器都能运行。'],
  saved_configs: ['A saved file', '已保存的文件'], choose: ['Choose …', '请选择……'], stage: ['A stage', '训练阶段'], stage_head: ['Stage', '阶段'], open_yaml: ['Open a YAML file', '打开 YAML 文件'], paste_yaml: ['Paste YAML', '粘贴 YAML'], read_yaml: ['Read', '读取'], several_runs: ['The file describes {count} runs; choose one:', '文件描述了 {count} 次训练，请选择：'],
  settings_of: ['Settings of {stage}', '{stage} 的设置'], all_settings: ['All {count} settings', '全部 {count} 个设置'], fewer_settings: ['Fewer settings', '较少设置'], required: ['required', '必填'], default: ['default: {value}', '默认：{value}'], empty: ['none', '无'], automatic: ['automatic', '自动'],
  accepted: ['These settings are accepted.', '设置通过检查。'], not_accepted: ['{count} settings need another look.', '有 {count} 个设置需要修改。'], saved_as: ['Saved as {path}.', '已保存为 {path}。'], save_yaml: ['Save as YAML', '保存为 YAML'], dry_run: ['Dry run', '试运行'], start_training: ['Start training', '开始训练'],
  fits: ['Fits this machine.', '本机可以运行。'], does_not_fit: ['Does not fit this machine.', '本机内存不足。'], needs_of: ['about {needed} GB of {there} GB ({where})', '约 {needed} GB，可用 {there} GB（{where}）'], this_machine: ['this machine', '本机'],
  forecast: ['Forecast', '预测'], first_example: ['The first example', '第一个样本'], mask_more: ['Marked text is learned. The rest is only read.', '标出的文字会被学习，其余只读。'],
  adapt_title: ['Everything in one step', '一步完成'], adapt_more: ['Makes questions from the database, tunes the model on them, compares it with what it was on questions kept apart, and uses it from then on if it is not worse.', '从数据库生成问题，据此调优模型，在留出的问题上与原来比较，若不更差则从此使用它。'], adapt_button: ['Tune to this database', '针对该数据库调优'], adapt_model_more: ['built-in tunes in minutes on any processor.', 'built-in 在任何处理器上几分钟即可。'], steps: ['Steps', '步数'],
  adapted_used: ['From now on {name} answers this database.', '从此由 {name} 回答该数据库。'], adapted_kept: ['{name} is kept, and not used by itself.', '{name} 已保留，但不会自动使用。'], report: ['Report', '报告'],
  run_head: ['Run', '训练'], runs: ['Runs', '训练记录'], no_runs: ['No run yet.', '还没有训练。'], state: ['State', '状态'], step: ['Step', '步'], loss: ['Loss', '损失'], score: ['Score', '分数'], time: ['Time', '时间'], gb: ['GB', 'GB'], setting: ['Setting', '设置'], run_differences: ['Settings in which the runs differ', '各次训练不同的设置'],
  left: ['{time} left', '剩余 {time}'], resume: ['Resume', '继续'], try_it: ['Try it', '试用'], page_report: ['Report', '报告'], page_comparison: ['Before and after', '前后对比'], page_base: ['Base', '底座'], page_tuned: ['Tuned', '调优后'],
  curve_loss: ['Loss', '损失'], curve_eval_loss: ['Held-out loss', '留出损失'], curve_eval_execution_accuracy: ['Execution accuracy, held out', '留出执行准确率'], curve_tokens_per_s: ['Tokens per second', '每秒 token'], curve_memory: ['Memory', '内存'], curve_gpu: ['GPU memory', 'GPU 内存'],
  took: ['It took {time} and {gb} GB at most.', '用时 {time}，内存最多 {gb} GB。'], had_forecast: ['Forecast: {forecast}.', '预测：{forecast}。'],
  // prove
  score_title: ['Score models on the same questions', '用相同的问题给模型评分'], score_more: ['Each model writes SQL for every question; it is run and compared with the gold SQL. With two models or more, the difference is tested.', '每个模型为每个问题写 SQL，运行后与标准 SQL 比较。两个以上的模型会检验差异。'], score_button: ['Score', '评分'],
  models: ['Models', '模型'], model: ['Model', '模型'], leave_out: ['Leave out {name}', '去掉 {name}'], data: ['Questions', '问题'], held_out_more: ['Questions that no model has learned.', '没有模型学过的问题。'], limit: ['At most', '最多'], limit_more: ['First questions only.', '只取前若干个。'], all: ['all', '全部'], see_reports: ['See the reports', '查看报告'],
  no_reports: ['No report yet.', '还没有报告。'], n: ['n', '数量'], execution_accuracy: ['Execution accuracy', '执行准确率'], interval: ['95 % interval', '95 % 区间'], strict: ['Strict', '严格'], valid: ['Valid SQL', '有效 SQL'], compare_more: ['Choose two or more reports on the same questions.', '选择两份以上针对相同问题的报告。'], compare_button: ['Compare', '比较'],
  by_cause: ['By cause: choose one to see its questions', '按原因：点选查看对应问题'], by_hardness: ['By difficulty', '按难度'], items: ['{count} questions', '{count} 个问题'], items_of: ['{cause}: {count} questions', '{cause}：{count} 个问题'], gold: ['Gold SQL', '标准 SQL'], predicted: ['Predicted SQL', '预测的 SQL'], nothing: ['(nothing)', '（空）'],
  sweep_title: ['Sampling settings', '采样设置'], sweep_more: ['Scores a language model under every combination. Greedy decoding (temperature 0) is usually best.', '在每种组合下给语言模型评分。通常贪心解码（温度 0）最好。'], sweep_button: ['Score all combinations', '评分所有组合'], temperature: ['Temperature', '温度'], temperature_more: ['Numbers with commas; 0 is greedy.', '用逗号分隔；0 为贪心。'], top_k: ['Top-k', 'Top-k'], top_k_more: ['0 keeps all tokens.', '0 保留全部。'], top_p: ['Top-p', 'Top-p'], top_p_more: ['1 keeps all tokens.', '1 保留全部。'],
  page: ['Page', '页面'], no_pages: ['No page yet.', '还没有页面。'], open_alone: ['Open in a tab of its own', '在新标签页打开'],
  // try
  base: ['Base', '底座'], tuned: ['Tuned', '调优后'], question_hint: ['Ask both a question …', '向两个模型提问……'], ask: ['Ask', '提问'], try_more: ['Queries are read-only and run inside limits. The first answer takes a few seconds longer: each model is loaded for it.', '查询只读并有限制。首次回答稍慢：需要加载模型。'], model_more: ['A run, a folder, or a hub name.', '训练记录、文件夹或 hub 名称。'],
  from: ['From {tables}', '来自 {tables}'], sure: ['{percent} sure', '把握 {percent}'], readings: ['It could also mean', '也可能是指'],
  // use
  model_kind: ['Kind', '类型'], model_base: ['Made from', '基于'], answers: ['Answers', '负责回答'], model_parser: ['built-in kind', '内置类型'], model_run: ['training run', '训练所得'], model_adapter: ['adapter', '适配器'], model_model: ['language model', '语言模型'],
  register: ['Register for a database', '登记到数据库'], register_more: ['From then on this model answers the database wherever no other one is named. The model is copied to your own models.', '从此在未指定其他模型时，由该模型回答这个数据库。模型会复制到您自己的模型中。'], register_button: ['Register', '登记'], own_name: ['Name', '名称'], own_name_more: ['By default that of its folder.', '默认为其文件夹名。'], registered: ['{database} is answered by {model} from now on.', '从此由 {model} 回答 {database}。'],
  export: ['Merge and export', '合并与导出'], export_more: ['Writes the model, with its adapter merged, for other programs. Some questions are asked before and after: the answers have to be the same, or nothing is written.', '把合并了适配器的模型写成其他程序可用的文件。导出前后会提一些问题，答案必须一致，否则不写出。'], export_format: ['Format', '格式'], safetensors: ['safetensors (transformers, vLLM)', 'safetensors（transformers、vLLM）'], gguf: ['GGUF with a Modelfile (llama.cpp, Ollama)', 'GGUF 与 Modelfile（llama.cpp、Ollama）'], quantize: ['Numbers', '数值格式'], as_stored: ['as they are stored', '保持原样'], quantize_more: ['q8_0 and q4_0 are for GGUF: smaller, a little less exact.', 'q8_0、q4_0 用于 GGUF：更小，略有损失。'], export_button: ['Export', '导出'], exported: ['Written to {out}, checked.', '已写入 {out}，并通过检查。'],
  chat_title: ['Ask on a page', '在页面上提问'], chat_more: ['Opens the chat page on a database: many questions in a row, tables, charts, downloads.', '打开某个数据库的聊天页面：连续提问、表格、图表、下载。'], chat_button: ['Start the chat page', '启动聊天页面'], open_chat: ['Open the chat page', '打开聊天页面'],
  cause: ['Cause', '原因'],
};

let chosen = localStorage.getItem('sqlwright-studio-language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
export const language = () => chosen;
export const column = () => chosen === 'zh' ? 1 : 0;
export function setLanguage(code) {
  chosen = code;
  localStorage.setItem('sqlwright-studio-language', code);
}

/** The words of `code`, with `facts` in their places. A code without words, such as another stage's curve, is shown plainly. */
export function t(code, facts = {}) {
  const found = WORDS[code]?.[column()] ?? code.replace(/^(curve|kind|state|clause|model|page|gold)_/, '').replaceAll('_', ' ');
  return found.replace(/\{(\w+)\}/g, (all, name) => facts[name] ?? all);
}
