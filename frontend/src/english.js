// Labels are Chinese in a drawing; <camunda:property name="name.en" value="…"/> beside them is the English.

export function speakEnglish(viewer) {
  viewer.get('eventBus').on('import.parse.complete', ({ elementsById }) => {
    for (const element of Object.values(elementsById ?? {})) {
      const english = property(element, 'name.en');
      if (english) element.name = english;
    }
  });
}

function property(element, name) {
  const groups = (element.extensionElements?.values ?? []).filter((one) => one.$type === 'camunda:properties');
  return groups.flatMap((one) => one.$children ?? []).find((one) => one.name === name)?.value;
}
