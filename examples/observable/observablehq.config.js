// Everything in src/ comes out of the pond. No fonts of a CDN, and links with `.html`, so any static server shows dist/.
export default {
  title: 'Beijing air, 2016',
  root: 'src',
  output: 'dist',
  head: '<link rel="icon" href="data:,">',
  globalStylesheets: [],
  preserveExtension: true,
  pager: false,
};
