// Entry: two versions of a drawing beside each other.
export {};
