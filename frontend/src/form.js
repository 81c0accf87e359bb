// Entry: the editor of a form.
export {};
