export const hostile = {
  script: '<script>document.title = "owned"</script><img src=x onerror="document.title=1">',
  escapes: '\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u001b[0m \u009b5m bell\u0007 back\b rtl\u202e',
  markdown: '**bold** [link](javascript:alert(1)) `code` # heading | table <b>b</b> ![i](http://192.0.2.1/x.png)',
  huge: 'x'.repeat(2_000_000),
};
