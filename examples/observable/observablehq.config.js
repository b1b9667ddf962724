// Everything in src/ comes out of the pond.
export default { title: 'Beijing air, 2016', root: 'src', output: 'dist', search: false, pager: false };
