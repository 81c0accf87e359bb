// Chinese of the editor of drawings: our panel, the package's palette and menus, the simulation. The keys are the English.

const panel = {
  // tabs, list
  Properties: '属性', 'All elements': '全部元素', Panel: '侧栏', 'Find an element by name or id': '按名称或编号查找元素',
  'Nothing is called like this.': '没有这样的元素。', '{count} findings': '{count} 处问题',
  Error: '错误', Warning: '警告', unknown: '未知', 'Remove {name}': '移除 {name}',
  '{errors} errors, {warnings} warnings': '{errors} 个错误，{warnings} 个警告', '{warnings} warnings': '{warnings} 个警告',
  'Drawing of the process': '流程图', 'Drawing of the process. Every element is also in the list beside it.': '流程图。每个元素也列在旁边的“全部元素”中。',

  // kinds
  Process: '流程', Pool: '泳池', Lane: '泳道', 'Task of a person': '人工任务', 'Task of the system': '系统任务', 'Decision by table': '决策表任务',
  Computation: '计算', 'Sending task': '发送任务', 'Receiving task': '接收任务', 'Task outside the system': '线下任务', Task: '空任务', Subprocess: '子流程',
  'Event subprocess': '事件子流程', 'Call of another process': '调用其他流程', Transaction: '事务', 'Ad-hoc subprocess': '自由子流程',
  'Choice of one way': '单选网关', 'Choice of several ways': '多选网关', 'All ways side by side': '并行网关', 'Whatever happens first': '事件网关', 'Complex gateway': '复杂网关',
  Flow: '流向', 'Message flow': '消息流', Annotation: '注释', 'Line to an annotation': '注释连线', Group: '分组', 'Data object': '数据对象', 'Data store': '数据存储',
  Start: '开始', End: '结束', 'Intermediate event': '中间事件', 'Waiting event': '等待事件', 'Event at a step': '环节边界事件',
  Message: '消息', Time: '时间', Escalation: '上报', Signal: '信号', Condition: '条件', Link: '跳转', 'Ends everything': '终止全部', Compensation: '补偿', Cancellation: '取消',

  // general
  General: '基本', 'Id and note': '编号与说明', Name: '名称', 'English name': '英文名称', Id: '编号', Note: '说明', Text: '文字',
  'Conditions name the step by it. Change it before it is used, or change both.': '条件表达式用它指称本环节。请在使用前修改，或者两处一起修改。',
  'Use letters, digits and _ and begin with a letter.': '请用字母、数字和下划线，并以字母开头。', 'Another element has this id.': '已有元素使用此编号。',  'Another value has this name.': '另一个值已使用此名称。',
  'This pool holds no process of ours; it is picture only.': '此泳池不含本系统的流程，只作示意。',
  'Name of the process': '流程名称', 'Id of the process': '流程编号', Executable: '可执行',

  // people, form
  Who: '办理人', Roles: '办理角色', 'Everybody of these roles at the office in charge may take the task.': '主办单位中具有这些角色的人都可以认领。', 'Add a role…': '添加角色…',
  'Separation group': '回避组', 'Of the steps with the same word here nobody does two in one case.': '同一案件中，填写相同词语的环节不得由同一人办理。', 'Training needed': '所需技能', 'Only people who were given this word as a skill may take the task.': '只有登记了该技能的人员可以认领。', 'A head names who may do it': '由负责人指定办理人选', 'People may skip it, with a reason': '可以跳过（须说明理由）', 'Usual': '一般', 'First of all': '最优先', 'Urgent': '紧急', 'Can wait': '可缓办',
  'Goes to': '自动分派', 'Nobody gets a task that separation of duties keeps from them; it can then be claimed by the others.': '须回避的人员不会被分派，此时由其他人员认领。', 'Nobody: those of the role claim it': '不分派，由该角色人员认领', 'Whoever of them holds the fewest tasks': '手头任务最少的人员', 'Whoever did “{step}”': '办理“{step}”的人员',
  'Not who did': '回避', 'Whoever completed one of these steps may not do this one.': '办理过这些环节的人不能办理本环节。', 'Add a step…': '添加环节…',
  Form: '表单', 'No form': '不用表单', 'Edit this form': '编辑此表单', 'Show the earlier answers when the step comes again': '再次办理时带出上次填写的内容',

  // system
  Operation: '操作', 'What the system does': '系统执行的操作', 'Choose an operation…': '选择操作…', 'It gives back: {names}': '返回：{names}', 'Input {name}': '输入 {name}',
  'The operation takes no such input; empty the field to remove it.': '该操作没有这个输入；清空即可移除。', 'A text, or an expression that begins with =': '文字，或以 = 开头的表达式',
  Decision: '决策', Table: '决策表', 'Choose a table…': '选择决策表…', 'Edit this table': '编辑此决策表', 'Decision in the table': '表中的决策', 'The last one': '最后一个',
  'What it is asked about': '判断对象', 'What is done with the result': '结果处理', 'Choose…': '请选择…', 'Name of the result': '结果名称', 'Only if later expressions speak of it': '仅当后面的表达式要用到时填写',
  'The values below': '下列数值', 'The case keeps it': '由案件保留', 'What is kept': '保留内容', 'One value': '一个值', 'The outputs of one row': '一行的各输出', 'A list of values': '值的列表', 'A list of rows': '行的列表',
  'An expression that begins with =; empty: the value of that name in the case': '以 = 开头的表达式；留空则取案件中同名的值', 'The table asks for no such input; empty the field to remove it.': '决策表不需要此输入；清空即可删除。',
  'Lines of the form name = expression': '每行写：名称 = 表达式',
  'Kept values': '留存值', 'Name {number}': '名称 {number}', 'Expression {number}': '表达式 {number}', 'Keep a value': '留存一个值',

  // terms
  Stage: '阶段', 'Stage and term': '阶段与期限', 'No stage': '不属于任何阶段', 'Term by law': '法定期限', 'Term of the house, where the law has none': '无法定期限时的内部期限', None: '无',
  'The day by which the whole case must be done': '按全案办结期限', 'Due date': '到期日', Priority: '优先级',
  'Written by another program; a term has its day from the policies. Empty the field to remove it.': '由其他软件写入；本系统的期限取自政策参数。清空即可移除。',

  // ways
  'The case always goes this way.': '案件总是走这条路。', 'The way when no condition holds': '其他条件都不满足时走这条路', Ways: '去向', 'When no condition holds': '条件都不满足时',
  'Insert what the process knows': '插入流程中已有的值', 'The case': '案件',

  // events
  Event: '事件', 'Error code': '错误代码', 'Escalation code': '上报代码', 'In this file: {names}': '本图已有：{names}', 'What sender and receiver agree on': '发送方与接收方约定的名称',
  'Meant for': '对应关系', 'An expression whose value sender and receiver have in common; empty: for everybody': '双方取值相同的表达式；留空表示面向所有案件', 'Send a value along': '附带一个值',
  'It ends the step it is attached to': '发生时结束所附着的环节', 'It ends everything around it': '发生时结束所在的流程',
  When: '触发方式', 'At a moment': '到某一时刻', 'After a while': '经过一段时间', 'Again and again': '周期重复', 'Examples: {examples}': '例如：{examples}', 'The same at the leaving and at the arriving event': '跳出与跳入两处写同一个名称',

  // repetition
  Repetition: '重复', 'How often': '次数', Once: '一次', 'For each, side by side': '逐个办理（同时）', 'For each, one after the other': '逐个办理（依次）', 'As long as a condition holds': '条件满足时反复办理',
  'For each of': '对其中每一个', Called: '称为', 'The name of one of them inside the step': '在本环节内指称其中一个的名称', 'Or so many times': '或固定次数', 'Over as soon as': '提前结束的条件', 'As long as': '继续的条件',
  'At most so many times': '最多次数', 'Write a number.': '请填写数字。', 'Ask before the first time': '第一次办理之前就判断',

  // steering
  Drawing: '绘图', 'Add after it': '在其后添加', 'Draw a flow to': '连线到', 'Time limit at this step': '为本环节加时限事件', 'Make it': '改为', 'Remove from the drawing': '从图中删除',
};

const drawing = {
  // palette
  'Activate hand tool': '拖动画布', 'Activate lasso tool': '框选', 'Activate create/remove space tool': '增减空白', 'Activate global connect tool': '连线工具',
  'Create start event': '开始事件', 'Create intermediate/boundary event': '中间事件或边界事件', 'Create end event': '结束事件', 'Create gateway': '网关', 'Create task': '任务',
  'Create task of a person': '人工任务', 'Create task of the system': '系统任务', 'Create expanded sub-process': '子流程', 'Create data object reference': '数据对象', 'Create data store reference': '数据存储',
  'Create pool/participant': '泳池', 'Create group': '分组',

  // beside an element
  Delete: '删除', 'Change element': '更改类型', 'Append end event': '添加结束事件', 'Append gateway': '添加网关', 'Append task of a person': '添加人工任务', 'Append task of the system': '添加系统任务', 'Append task': '添加任务',
  'Append intermediate/boundary event': '添加中间事件', 'Append receive task': '添加接收任务', 'Append message intermediate catch event': '添加消息等待事件', 'Append timer intermediate catch event': '添加时间等待事件',
  'Append conditional intermediate catch event': '添加条件等待事件', 'Append signal intermediate catch event': '添加信号等待事件', 'Append compensation activity': '添加补偿活动',
  'Add text annotation': '添加注释', 'Connect to other element': '连线到其他元素', 'Connect using association': '用虚线连接', 'Connect using data input association': '连接数据',
  'Add lane above': '在上方添加泳道', 'Add lane below': '在下方添加泳道', 'Divide into two lanes': '分成两条泳道', 'Divide into three lanes': '分成三条泳道',
  'Align elements': '对齐', 'Align elements left': '左对齐', 'Align elements center': '水平居中', 'Align elements right': '右对齐', 'Align elements top': '顶部对齐', 'Align elements middle': '垂直居中', 'Align elements bottom': '底部对齐',
  'Distribute elements horizontally': '水平等距', 'Distribute elements vertically': '垂直等距',

  // what it may become
  'User task': '人工任务', 'Service task': '系统任务', 'Send task': '发送任务', 'Receive task': '接收任务', 'Manual task': '线下任务', 'Business rule task': '决策表任务', 'Script task': '计算', 'Call activity': '调用其他流程',
  'Sub-process': '子流程', 'Sub-process (collapsed)': '子流程（折叠）', 'Sub-process (expanded)': '子流程', 'Event sub-process': '事件子流程', 'Ad-hoc sub-process': '自由子流程', 'Ad-hoc sub-process (collapsed)': '自由子流程（折叠）', 'Ad-hoc sub-process (expanded)': '自由子流程',
  'Exclusive gateway': '单选网关', 'Inclusive gateway': '多选网关', 'Parallel gateway': '并行网关', 'Event-based gateway': '事件网关',
  'Start event': '开始事件', 'Intermediate throw event': '中间事件', 'End event': '结束事件', 'Boundary event': '边界事件',
  'Message start event': '消息开始事件', 'Timer start event': '时间开始事件', 'Conditional start event': '条件开始事件', 'Signal start event': '信号开始事件', 'Error start event': '错误开始事件', 'Escalation start event': '上报开始事件', 'Compensation start event': '补偿开始事件',
  'Message start event (non-interrupting)': '消息开始事件（不中断）', 'Timer start event (non-interrupting)': '时间开始事件（不中断）', 'Conditional start event (non-interrupting)': '条件开始事件（不中断）', 'Signal start event (non-interrupting)': '信号开始事件（不中断）', 'Escalation start event (non-interrupting)': '上报开始事件（不中断）',
  'Message intermediate catch event': '消息等待事件', 'Message intermediate throw event': '消息发送事件', 'Timer intermediate catch event': '时间等待事件', 'Escalation intermediate throw event': '上报事件', 'Conditional intermediate catch event': '条件等待事件',
  'Link intermediate catch event': '跳入事件', 'Link intermediate throw event': '跳出事件', 'Compensation intermediate throw event': '补偿事件', 'Signal intermediate catch event': '信号等待事件', 'Signal intermediate throw event': '信号发送事件',
  'Message end event': '消息结束事件', 'Escalation end event': '上报结束事件', 'Error end event': '错误结束事件', 'Cancel end event': '取消结束事件', 'Compensation end event': '补偿结束事件', 'Signal end event': '信号结束事件', 'Terminate end event': '终止结束事件',
  'Message boundary event': '消息边界事件', 'Timer boundary event': '时间边界事件', 'Escalation boundary event': '上报边界事件', 'Conditional boundary event': '条件边界事件', 'Error boundary event': '错误边界事件', 'Cancel boundary event': '取消边界事件', 'Signal boundary event': '信号边界事件', 'Compensation boundary event': '补偿边界事件',
  'Message boundary event (non-interrupting)': '消息边界事件（不中断）', 'Timer boundary event (non-interrupting)': '时间边界事件（不中断）', 'Escalation boundary event (non-interrupting)': '上报边界事件（不中断）', 'Conditional boundary event (non-interrupting)': '条件边界事件（不中断）', 'Signal boundary event (non-interrupting)': '信号边界事件（不中断）',
  'Sequence flow': '普通流向', 'Default flow': '默认流向', 'Conditional flow': '条件流向', 'Data object reference': '数据对象', 'Data store reference': '数据存储',
  'Expanded pool/participant': '泳池', 'Empty pool/participant': '空泳池', 'Empty pool/participant (removes content)': '空泳池（删除内容）',
  'Parallel multi-instance': '逐个办理（同时）', 'Sequential multi-instance': '逐个办理（依次）', Loop: '反复办理', Collection: '多份', 'Participant multiplicity': '多个参与者', 'Toggle non-interrupting': '切换是否中断',
  'No matching entries found.': '没有匹配的类型。', Search: '查找', 'Search in diagram': '在图中查找', 'Search results': '查找结果', 'Toggle tool': '切换工具',
  'flow elements must be children of pools/participants': '图中有泳池时，元素必须放在泳池内', Open: '打开', 'Open {element}': '打开 {element}',
  'Close': '关闭', 'Bpmn.io': 'bpmn.io',
};

const simulation = {
  'Token Simulation': '流程模拟', 'Toggle Simulation Log': '模拟记录', 'Simulation Log': '模拟记录', 'No Entries': '尚无记录', 'Play/Pause Simulation': '继续或暂停模拟', 'Play Simulation': '继续模拟', 'Pause Simulation': '暂停模拟', 'Reset Simulation': '重新开始模拟',
  'Set animation speed = Slow': '慢速', 'Set animation speed = Normal': '正常速度', 'Set animation speed = Fast': '快速', 'Set Sequence Flow': '选择去向', 'Trigger Event': '触发', 'Add pause point': '设为暂停点', 'Remove pause point': '取消暂停点',
  'Found unsupported elements': '图中有不能模拟的元素', 'Not supported': '不能模拟', Finished: '已结束', SubProcess: '子流程',
  'Process started': '流程开始', 'Process finished': '流程结束', 'Process canceled': '流程中止', 'SubProcess started': '子流程开始', 'SubProcess finished': '子流程结束', 'SubProcess canceled': '子流程中止',
  'Intermediate Event': '中间事件', 'User Task': '人工任务', 'Start Event': '开始事件', 'Service Task': '系统任务', 'Send Task': '发送任务', 'Script Task': '计算', 'Receive Task': '接收任务', 'Parallel Gateway': '并行网关', 'Manual Task': '线下任务',
  'Inclusive Gateway': '多选网关', 'Exclusive Gateway': '单选网关', 'End Event': '结束事件', 'Call Activity': '调用其他流程', 'Business Rule Task': '决策表任务', 'Boundary Event': '边界事件',
};

export const words = { ...drawing, ...simulation, ...panel };

export const patterns = [
  [/^Focus process instance (.+)$/, '只看实例 {1}'],
  [/^(.+) started$/, '{1} 开始'],
  [/^(.+) finished$/, '{1} 结束'],
  [/^(.+) canceled$/, '{1} 中止'],
];

// names that are the same in Chinese
export const keep = ['bpmn.io', 'Powered by bpmn.io', 'BPMN', 'FEEL'];
