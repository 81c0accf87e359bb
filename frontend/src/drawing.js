// Entry: the editor of a drawing.
export {};
